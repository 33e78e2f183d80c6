// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/command.h"
#include "shatterproof/study/reproduction.h"
#include "shatterproof/study/study.h"

namespace CLI {
class App;
}

namespace shatterproof::cli {

/// Words of a command that runs studies.
struct StudyArguments {
  std::string study, out = "results", images, threads;
  bool quick = false;
};

/// STUDY --quick --out --images --threads.
void add_study_arguments(CLI::App& app, StudyArguments& arguments, const char* what);

/// The results file of a study: a folder for each paper, a file for each study.
std::filesystem::path results_path(const Study& study, const StudyArguments& arguments);

/// Runs a study, going on from the trials that an interrupted run has kept beside its results file. Throws
/// what `reproduction` throws.
Reproduction run_study(const Study& study, const StudyArguments& arguments, int threads,
                       const Console& console);
/// Removes the kept trials: the results are written.
void forget_kept(const Study& study, const StudyArguments& arguments);

}  // namespace shatterproof::cli
