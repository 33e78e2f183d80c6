// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <set>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/study_run.h"
#include "cli/taken_figure.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"

namespace shatterproof::cli {
namespace {

struct FigureArguments : StudyArguments {
  std::string output, figure, panel, width;
};

FigureRequest request_of(const FigureArguments& arguments) {
  constexpr int64_t kNarrowest = 200, kWidest = 8000;
  if (arguments.study.empty())
    throw std::invalid_argument(
        "figure: STUDY or RESULTS.jsonl is missing; `list studies` knows the studies");
  if (arguments.output.empty())
    throw std::invalid_argument("figure: -o FILE.svg, FILE.pdf or FILE.png is missing");
  if (arguments.output == arguments.study)
    reject("figure", "-o must not be the results file", arguments.output);
  FigureRequest request;
  request.form = std::filesystem::path(arguments.output).extension().string();
  if (!request.form.empty()) request.form.erase(0, 1);
  static const std::set<std::string> kForms = {"svg", "pdf", "png"};
  if (!kForms.contains(request.form))
    reject("-o", "draws FILE.svg, FILE.pdf or FILE.png", "'" + arguments.output + "'");
  require_output_file("-o", arguments.output);
  request.figure = arguments.figure;
  request.panel = arguments.panel;
  request.width = whole_number("--width", arguments.width, request.width, kNarrowest, kWidest);
  return request;
}

bool names_results(const std::string& word) {
  std::error_code error;
  return word.ends_with(".jsonl") ||
         (!word.ends_with(".toml") && std::filesystem::is_regular_file(word, error));
}

// Results were run already: nothing of a study is run again.
void reject_study_options(const CLI::App& app, const std::string& results) {
  for (const char* option : {"--quick", "--out", "--images", "--threads"}) {
    if (app.get_option(option)->count() > 0) reject(option, "speaks of a study; these are results", results);
  }
}

// The results of a study as `reproduce` writes them, which are taken where they are there already.
std::string results_of_study(const FigureArguments& arguments, const Console& console) {
  const int threads = thread_count(arguments.threads, available_threads());
  const std::vector<Study> studies = load_studies(arguments.study, arguments.quick);
  if (studies.size() > 1) reject("figure", "draws one study", arguments.study);
  const std::filesystem::path path = results_path(studies.front(), arguments);
  if (std::filesystem::is_regular_file(path)) {
    console.say(fmt::format("drawn from {}; remove it to run the study again", path.string()));
    return text_of_results(path.string());
  }
  require_output_folder("--out", arguments.out);
  use_threads(threads);
  const Reproduction all = run_study(studies.front(), arguments, threads, console);
  Records file(path.string(), "", console.out);
  file.write(all);
  file.close();
  forget_kept(studies.front(), arguments);
  console.say(fmt::format("results are in {}", path.string()));
  return text_of_results(path.string());
}

int draw(const FigureArguments& arguments, const CLI::App& app, const Console& console) {
  const FigureRequest request = request_of(arguments);
  const Browser browser;  // said before a study is run
  const bool given = names_results(arguments.study);
  if (given) reject_study_options(app, arguments.study);
  const std::string results = given ? text_of_results(arguments.study) : results_of_study(arguments, console);
  const std::string drawn = taken_figure(browser, results, request);
  OutputFile file(arguments.output);
  file.stream() << drawn;
  file.close();
  console.out << arguments.output << '\n';
  return kHealthy;
}

}  // namespace

Command add_figure(CLI::App& program) {
  CLI::App* app = program.add_subcommand("figure", "Draw a study or results as SVG, PDF or PNG, for print");
  auto arguments = std::make_shared<FigureArguments>();
  add_study_arguments(*app, *arguments, "A study, which is run where its results are not there; or results");
  app->add_option("-o,--output", arguments->output, "The picture, by its ending")
      ->type_name("FILE.svg|pdf|png");
  app->add_option("--figure", arguments->figure, "One of several by its name (the first)")->type_name("NAME");
  app->add_option("--panel", arguments->panel, "One panel of it by its title (all)")->type_name("TITLE");
  app->add_option("--width", arguments->width, "About, in pixels of a screen: 96 to the inch (900)")
      ->type_name("N");
  return {app, [arguments, app](const Console& console) { return draw(*arguments, *app, console); }};
}

}  // namespace shatterproof::cli
