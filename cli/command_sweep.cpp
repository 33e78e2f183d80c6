// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <numeric>

#include "cli/arguments.h"
#include "cli/claim_table.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/study/shard.h"
#include "shatterproof/study/sweep.h"

namespace shatterproof::cli {
namespace {

struct SweepArguments {
  std::string study, out, unit, shard, images, threads, report;
  std::chrono::steady_clock::time_point begun;
  bool quick = false, list_units = false, merge = false, status = false;
};

// What a call is to do: one of these words, or to run units.
void reject_several(const SweepArguments& arguments) {
  std::vector<std::string> given;
  if (arguments.list_units) given.emplace_back("--list-units");
  if (arguments.status) given.emplace_back("--status");
  if (arguments.merge) given.emplace_back("--merge");
  if (!arguments.unit.empty()) given.emplace_back("--unit");
  if (!arguments.shard.empty()) given.emplace_back("--shard");
  if (given.size() > 1) reject(given[0], "excludes " + given[1], "both");
  if (!arguments.report.empty() && !arguments.merge && !given.empty())
    reject("--report", "draws what is merged", given[0]);
}

int list_units(const Sweep& sweep, const Console& console) {
  std::vector<std::vector<std::string>> rows = {{"unit", "about", "seed", "case"}};
  double all = 0, longest = 0;
  for (const SweepUnit& unit : sweep.units()) {
    rows.push_back({std::to_string(unit.number), short_duration(unit.seconds), std::to_string(unit.seed),
                    sweep.study().cases[unit.case_index].name});
    all += unit.seconds;
    longest = std::max(longest, unit.seconds);
  }
  print_table(console.out, rows, 0);
  constexpr double kSite = 1000;
  const auto units = static_cast<double>(sweep.units().size());
  const double cores = std::min(kSite, units);
  console.out << fmt::format("{} units, about {} on one core, {} on {:.0f}\n", sweep.units().size(),
                             short_duration(all), short_duration(std::max(longest, all / cores)), cores);
  return kHealthy;
}

int show_status(const Sweep& sweep, const Console& console) {
  constexpr size_t kShown = 5;
  const SweepStatus status = sweep.status();
  std::vector<std::vector<std::string>> rows = {
      {"units", std::to_string(status.units)},
      {"done", std::to_string(status.done)},
      {"running", status.workers == 0
                      ? "none: no worker was heard of within a minute"
                      : fmt::format("{}, by {} worker{} on {}", status.running, status.workers,
                                    status.workers == 1 ? "" : "s", fmt::join(status.machines, ", "))},
      {"failed", std::to_string(status.failed)}};
  if (!status.is_done())
    rows.push_back({"left", "about " + short_duration(status.seconds_left) +
                                (status.workers == 0 ? " of work on one core" : "")});
  if (status.foreign > 0)
    rows.push_back({"others", fmt::format("{} files of another build or of other settings do not count",
                                          status.foreign)});
  print_table(console.out, rows, 0);
  for (const FailedUnit& unit : sweep.failures(status.failed > 0 ? kShown : 0))
    console.out << fmt::format("unit {}, {}, seed {}: {}\n", unit.number, unit.case_name, unit.seed,
                               unit.reason);
  return status.is_done() ? kHealthy : kFindings;
}

// What is left, by this process alone: --merge and shares run none of it, or not all.
std::string command_that_goes_on(const SweepArguments& arguments) {
  std::vector<std::string> words = {"sweep", arguments.study, "--out", arguments.out};
  if (arguments.quick) words.emplace_back("--quick");
  if (!arguments.images.empty()) words.insert(words.end(), {"--images", arguments.images});
  return shell_line(words);
}

int merge(const Sweep& sweep, const SweepArguments& arguments, int threads, const Console& console) {
  const std::string& folder = arguments.out;
  const SweepStatus status = sweep.status();
  if (const int64_t left = status.units - status.done - status.failed; left > 0) {
    console.say(fmt::format("{}: {} of {} units are not finished; `{}` goes on with them", folder, left,
                            status.units, command_that_goes_on(arguments)));
    return kFindings;
  }
  const Reproduction all = sweep.merge(threads);
  const std::string path = (std::filesystem::path(folder) / "results.jsonl").string();
  Records file(path, arguments.report, console.out);
  file.write(all);
  file.close();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - arguments.begun;
  if (!all.claims.empty()) print_claims(console.out, sweep.study(), all.claims, seconds.count());
  if (status.foreign > 0)
    console.say(fmt::format("{} files of another build or of other settings were not used", status.foreign));
  console.say(fmt::format("{} of {} units{}: results are in {}", status.done, status.units,
                          status.failed > 0 ? fmt::format(", {} failed", status.failed) : "", path));
  print_report_path(console.out, arguments.report);
  const bool all_hold =
      std::all_of(all.claims.begin(), all.claims.end(), [](const Claim& claim) { return claim.pass; });
  return all_hold && status.failed == 0 ? kHealthy : kFindings;
}

// The units of this call, and what they are called in `workers/`.
struct Share {
  std::vector<size_t> positions;
  std::string text;
  bool is_whole = false;
};

Share share_of(const Sweep& sweep, const SweepArguments& arguments, const Console& console) {
  const auto units = static_cast<int64_t>(sweep.units().size());
  if (!arguments.unit.empty()) {
    const int64_t number = whole_number("--unit", arguments.unit, 1, 1, units);
    return {{static_cast<size_t>(number - 1)}, "unit " + arguments.unit, false};
  }
  std::optional<Shard> shard;
  if (!arguments.shard.empty()) shard = parse_shard(arguments.shard);
  if (!shard) shard = shard_of_environment([](const char* name) { return std::getenv(name); });
  if (shard && !shard->said_by.empty())
    console.say(fmt::format("shard {}, as {} says", shard->text(), shard->said_by));
  const Shard own = shard.value_or(Shard());
  return {dealt(sweep.costs(), own), own.text(), own.is_whole()};
}

int run_units(Sweep& sweep, const SweepArguments& arguments, int threads, const Console& console) {
  const Share share = share_of(sweep, arguments, console);
  SweepProgress last;
  const auto report = [&](const SweepProgress& now) {
    last = now;
    console.progress(
        fmt::format("{}  {}/{} units{}{}, about {} left", share.text, now.kept + now.made, now.units,
                    now.failed > 0 ? fmt::format(", {} failed", now.failed) : "",
                    now.elsewhere > 0 ? fmt::format(", {} running elsewhere", now.elsewhere) : "",
                    short_duration(now.seconds_left)));
  };
  try {
    last = sweep.run(share.positions, threads, share.text, report);
  } catch (const Interrupted&) {
    console.progress("");
    console.say(
        fmt::format("finished units are kept in {}; the same command goes on from there", arguments.out));
    throw;
  }
  console.progress("");
  for (const FailedUnit& unit : sweep.failures(last.failed > 0 ? 1 : 0))
    console.say(fmt::format("unit {}, {}, seed {}: {}", unit.number, unit.case_name, unit.seed, unit.reason));
  console.say(fmt::format("{}: {} units in {}, {} made before, {} failed", share.text, last.made,
                          short_duration(last.seconds), last.kept, last.failed));
  if (share.is_whole) return merge(sweep, arguments, threads, console);
  if (!arguments.report.empty()) console.say("no page was drawn: it shows what is merged");
  return last.failed > 0 ? kFindings : kHealthy;
}

int sweep_study(const SweepArguments& arguments, const Console& console) {
  if (arguments.study.empty()) {
    throw std::invalid_argument("sweep: the TOML file of a STUDY is missing, or the name of one");
  }
  reject_several(arguments);
  if (arguments.out.empty() && !arguments.list_units) {
    throw std::invalid_argument("sweep: --out DIR is missing, the folder that all its processes share");
  }
  const int threads = thread_count(arguments.threads, available_threads());
  std::vector<Study> studies = load_studies(arguments.study, arguments.quick);
  if (studies.size() > 1) throw std::invalid_argument("sweep: one study at a time; got " + arguments.study);
  require_output_file("--report", arguments.report, ".html");
  const bool writes = !arguments.list_units && !arguments.status;
  if (writes) require_output_folder("--out", arguments.out);
  use_threads(threads);
  Sweep sweep(std::move(studies.front()),
              {.folder = arguments.out, .images = images_of_studies(arguments.images)});
  if (arguments.list_units) return list_units(sweep, console);
  if (arguments.status) return show_status(sweep, console);
  if (arguments.merge) return merge(sweep, arguments, threads, console);
  return run_units(sweep, arguments, threads, console);
}

}  // namespace

Command add_sweep(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "sweep", "Run a study's seeds and combinations by any number of processes that share a folder");
  auto arguments = std::make_shared<SweepArguments>();
  app->add_option("study", arguments->study, "A TOML file, with [sweep] or not, or a study of `list studies`")
      ->type_name("STUDY");
  app->add_option("--out", arguments->out, "The folder that all processes share: units, workers, results")
      ->type_name("DIR");
  app->add_option("--shard", arguments->shard,
                  "The I-th of N shares of the units (as Slurm arrays and MPI launchers say, else all)")
      ->type_name("I/N");
  app->add_option("--unit", arguments->unit, "This unit of the list alone")->type_name("K");
  app->add_flag("--list-units", arguments->list_units,
                "Print every unit with the time it may take, and stop");
  app->add_flag("--status", arguments->status, "Print how far all processes have come, and stop");
  app->add_flag("--merge", arguments->merge, "Make DIR/results.jsonl of the units and judge the claims");
  app->add_flag("--quick", arguments->quick, "What the study's [quick] leaves of it");
  app->add_option("--images", arguments->images,
                  "What studies of images run on: cifar10:FOLDER or procedural "
                  "($SHATTERPROOF_DATA/cifar10 when it is there, else procedural)")
      ->type_name("SPEC");
  app->add_option("--threads", arguments->threads,
                  "Threads, a unit on each (as many as there are processors)")
      ->type_name("N");
  add_report_argument(*app, arguments->report);
  return {app, [arguments](const Console& console) {
            arguments->begun = std::chrono::steady_clock::now();
            return sweep_study(*arguments, console);
          }};
}

}  // namespace shatterproof::cli
