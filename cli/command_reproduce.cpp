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
#include "cli/text.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/study/reproduction.h"

namespace shatterproof::cli {
namespace {

namespace fs = std::filesystem;

struct ReproduceArguments {
  std::string study, out = "results", images, threads, json, report;
  bool quick = false;
};

// Where the results of a study go: a folder for each paper, a file for each study.
struct Places {
  fs::path results, trials;
};

Places places_of(const Study& study, const ReproduceArguments& arguments) {
  const fs::path name = study.name;
  fs::path place = fs::path(arguments.out) / (name.extension() == ".toml" ? name.stem() : name);
  if (arguments.quick) place += ".quick";
  Places places{place, place};
  places.results += ".jsonl";
  places.trials += ".trials";
  return places;
}

Reproduction run_study(const Study& study, ReproduceOptions options, const Console& console) {
  int64_t kept = 0;
  options.progress = [&](const StudyProgress& now) {
    kept = now.kept;
    console.progress(fmt::format("{}  {}/{} trials", study.name, now.kept + now.made, now.trials));
  };
  if (const double seconds = estimated_training_seconds(study, options); seconds > 0) {
    console.say(fmt::format("{}: training on {} takes about {}", study.name, options.images,
                            short_duration(seconds)));
  }
  try {
    Reproduction all = reproduction(study, options);
    all.context.command = console.command_line;
    console.progress("");
    if (kept > 0) console.say(fmt::format("{} trials were kept from a run that was interrupted", kept));
    return all;
  } catch (const Interrupted&) {
    console.progress("");
    console.say(fmt::format("finished trials are kept in {}; the same command goes on from there",
                            options.kept.string()));
    throw;
  }
}

bool reproduce_study(const Study& study, const ReproduceArguments& arguments, int threads,
                     const Console& console) {
  const Places places = places_of(study, arguments);
  const auto start = std::chrono::steady_clock::now();
  const ReproduceOptions options{
      .threads = threads, .kept = places.trials, .images = images_of_studies(arguments.images)};
  const Reproduction all = run_study(study, options, console);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Records file(places.results.string(), arguments.report, console.out);
  file.write(all);
  file.close();
  if (arguments.json == "-") {
    Records lines("-", "", console.out);
    lines.write(all);
    lines.close();
  } else {
    print_claims(console.out, study, all.claims, seconds.count());
  }
  forget_trials(study, options);
  return std::all_of(all.claims.begin(), all.claims.end(), [](const Claim& claim) { return claim.pass; });
}

int reproduce_all(const ReproduceArguments& arguments, const Console& console) {
  if (arguments.study.empty()) {
    throw std::invalid_argument("reproduce: the name of a STUDY is missing; `list studies` knows them");
  }
  one_of("--json", arguments.json, "", {"-"});
  const int threads = thread_count(arguments.threads, available_threads());
  const std::vector<Study> studies = load_studies(arguments.study, arguments.quick);
  if (arguments.json == "-" && studies.size() > 1) {
    throw std::invalid_argument("reproduce: --json - prints one study; got " + arguments.study);
  }
  if (!arguments.report.empty() && studies.size() > 1) {
    throw std::invalid_argument("reproduce: --report draws one study; got " + arguments.study);
  }
  require_output_file("--report", arguments.report);
  require_output_folder("--out", arguments.out);
  for (const Study& study : studies) {
    const fs::path results = places_of(study, arguments).results;
    if (fs::is_directory(results)) require_output_file("--out", results.string());
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
  app->add_option("study", arguments->study,
                  "A study, all of a paper, or a TOML file; `list studies` knows the built-in ones")
      ->type_name("STUDY");
  app->add_flag("--quick", arguments->quick, "Fewer seeds and depths: seconds instead of minutes");
  app->add_option("--out", arguments->out, "Folder of the results files (results)")->type_name("DIR");
  app->add_option(
         "--images", arguments->images,
         "What studies of images run on: cifar10:FOLDER or procedural ($SHATTERPROOF_DATA/cifar10 when "
         "it is there, else procedural)")
      ->type_name("SPEC");
  app->add_option("--threads", arguments->threads,
                  "Threads, a seed on each (as many as there are processors)")
      ->type_name("N");
  app->add_option("--json", arguments->json, "- prints the results as JSON Lines in place of the table")
      ->type_name("-");
  add_report_argument(*app, arguments->report);
  return {app, [arguments](const Console& console) { return reproduce_all(*arguments, console); }};
}

}  // namespace shatterproof::cli
