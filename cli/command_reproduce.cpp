// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/claim_table.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/study_run.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/study/mutation.h"
#include "shatterproof/study/reproduction.h"

namespace shatterproof::cli {
namespace {

struct ReproduceArguments : StudyArguments {
  std::string json, report;
  bool mutate = false;
};

bool reproduce_study(const Study& study, const ReproduceArguments& arguments, int threads,
                     const Console& console) {
  const auto start = std::chrono::steady_clock::now();
  const Reproduction all = run_study(study, arguments, threads, console);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Records file(results_path(study, arguments).string(), arguments.report, console.out);
  file.write(all);
  file.close();
  if (arguments.json == "-") {
    Records lines("-", "", console.out);
    lines.write(all);
    lines.close();
  } else {
    print_claims(console.out, study, all.claims, seconds.count());
  }
  forget_kept(study, arguments);
  return std::all_of(all.claims.begin(), all.claims.end(), [](const Claim& claim) { return claim.pass; });
}

// Whether its claims hold as it is, and every mutation makes one fail.
bool mutate_study(const Study& study, const ReproduceArguments& arguments, int threads,
                  const Console& console) {
  ReproduceOptions options{.threads = threads, .images = images_of_studies(arguments.images)};
  options.progress = [&](const StudyProgress& now) { console.stage(study.name, now.made, now.trials); };
  const std::vector<NoticedMutation> all = notice_mutations(study, options);
  console.progress("");
  print_mutations(console.out, study, all);
  return all.front().failed == 0 &&
         std::all_of(all.begin() + 1, all.end(), [](const NoticedMutation& one) { return one.failed > 0; });
}

int mutate_all(const ReproduceArguments& arguments, int threads, const Console& console) {
  if (!arguments.json.empty() || !arguments.report.empty())
    throw std::invalid_argument(
        "reproduce: --mutate prints a table and writes no results; got --json or --report");
  if (arguments.out != StudyArguments().out)
    throw std::invalid_argument("reproduce: --mutate prints a table and writes no results; got --out");
  bool all_noticed = true;
  for (const Study& study : load_studies(arguments.study, arguments.quick))
    all_noticed = mutate_study(study, arguments, threads, console) && all_noticed;
  return all_noticed ? kHealthy : kFindings;
}

int reproduce_all(const ReproduceArguments& arguments, const Console& console) {
  if (arguments.study.empty()) {
    throw std::invalid_argument("reproduce: the name of a STUDY is missing; `list studies` knows them");
  }
  one_of("--json", arguments.json, "", {"-"});
  const int threads = thread_count(arguments.threads, available_threads());
  if (arguments.mutate) {
    use_threads(threads);
    return mutate_all(arguments, threads, console);
  }
  const std::vector<Study> studies = load_studies(arguments.study, arguments.quick);
  if (arguments.json == "-" && studies.size() > 1) {
    throw std::invalid_argument("reproduce: --json - prints one study; got " + arguments.study);
  }
  if (!arguments.report.empty() && studies.size() > 1) {
    throw std::invalid_argument("reproduce: --report draws one study; got " + arguments.study);
  }
  require_output_file("--report", arguments.report, ".html");
  require_output_folder("--out", arguments.out);
  for (const Study& study : studies) {
    const std::filesystem::path results = results_path(study, arguments);
    if (std::filesystem::is_directory(results)) require_output_file("--out", results.string());
  }
  use_threads(threads);
  bool all_hold = true;
  for (const Study& study : studies) {
    all_hold = reproduce_study(study, arguments, threads, console) && all_hold;
  }
  console.say(fmt::format("results are in {}", arguments.out));
  print_report_path(arguments.json == "-" ? console.err : console.out, arguments.report);
  return all_hold ? kHealthy : kFindings;
}

}  // namespace

Command add_reproduce(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "reproduce",
      "Run a published figure or table and judge its claims; goes on where it was interrupted or killed");
  auto arguments = std::make_shared<ReproduceArguments>();
  add_study_arguments(*app, *arguments,
                      "A study, all of a paper, or a TOML file; `list studies` knows the built-in ones");
  app->add_flag(
      "--mutate", arguments->mutate,
      "Run it on each of the wrong settings that its file lists instead, and print how many claims fail");
  app->add_option("--json", arguments->json, "- prints the results as JSON Lines in place of the table")
      ->type_name("-");
  add_report_argument(*app, arguments->report);
  return {app, [arguments](const Console& console) { return reproduce_all(*arguments, console); }};
}

}  // namespace shatterproof::cli
