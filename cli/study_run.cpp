// SPDX-License-Identifier: Apache-2.0
#include "cli/study_run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/quantity.h"

namespace shatterproof::cli {
namespace {

namespace fs = std::filesystem;

fs::path place_of(const Study& study, const StudyArguments& arguments, const char* extension) {
  const fs::path name = study.name;
  fs::path place = fs::path(arguments.out) / (name.extension() == ".toml" ? name.stem() : name);
  if (arguments.quick) place += ".quick";
  return place += extension;
}

ReproduceOptions options_of(const Study& study, const StudyArguments& arguments, int threads) {
  return {.threads = threads,
          .kept = place_of(study, arguments, ".trials"),
          .images = images_of_studies(arguments.images)};
}

}  // namespace

void add_study_arguments(CLI::App& app, StudyArguments& arguments, const char* what) {
  app.add_option("study", arguments.study, what)->type_name("STUDY");
  app.add_flag("--quick", arguments.quick, "Fewer seeds and depths: seconds instead of minutes");
  app.add_option("--out", arguments.out, "Folder of the results files (results)")->type_name("DIR");
  app.add_option("--images", arguments.images,
                 "What studies of images run on: cifar10:FOLDER or procedural ($SHATTERPROOF_DATA/cifar10 "
                 "when it is there, else procedural)")
      ->type_name("SPEC");
  app.add_option("--threads", arguments.threads, "Threads, a seed on each (as many as there are processors)")
      ->type_name("N");
}

fs::path results_path(const Study& study, const StudyArguments& arguments) {
  return place_of(study, arguments, ".jsonl");
}

Reproduction run_study(const Study& study, const StudyArguments& arguments, int threads,
                       const Console& console) {
  ReproduceOptions options = options_of(study, arguments, threads);
  int64_t kept = 0;
  options.progress = [&](const StudyProgress& now) {
    kept = now.kept;
    console.stage(study.name, now.kept + now.made, now.trials);
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

void forget_kept(const Study& study, const StudyArguments& arguments) {
  forget_trials(study, options_of(study, arguments, 1));
}

}  // namespace shatterproof::cli
