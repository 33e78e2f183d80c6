// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/sweep.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <unordered_set>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/threads.h"
#include "study/case_result.h"
#include "study/source_hash.h"
#include "study/sweep_cost.h"
#include "study/sweep_worker.h"
#include "study/trial_store.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestReason = 300;

// One line: LibTorch appends where it was thrown.
std::string reason_in_a_line(std::string_view what) {
  const size_t begin = std::min(what.find_first_not_of(" \n"), what.size());
  what.remove_prefix(begin);
  const std::string line = printable(what.substr(0, what.find('\n')), kLongestReason);
  return line.empty() ? "no reason was given" : line;
}

// The trial, or why there is none. A stop that was asked for is no failure.
std::optional<StudyTrial> tried(const StudyCase& study_case, uint64_t seed, std::string* reason) {
  try {
    return run_trial(study_case, seed);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    *reason = "out of memory";
  } catch (const c10::Error& error) {
    *reason = reason_in_a_line(error.what_without_backtrace());
  } catch (const std::exception& error) {
    *reason = reason_in_a_line(error.what());
  }
  return {};
}

std::vector<SweepUnit> units_of(const Study& study) {
  const std::vector<double> seconds = estimated_seconds(study);
  std::vector<SweepUnit> units;
  for (size_t i = 0; i < study.cases.size(); ++i) {
    for (int64_t seed = 1; seed <= trial_count(study.cases[i]); ++seed)
      units.push_back({static_cast<int64_t>(units.size()) + 1, i, static_cast<uint64_t>(seed), seconds[i]});
  }
  return units;
}

// What killed workers were writing, long after anybody still writes it.
void remove_old_partial_files(const fs::path& folder) {
  constexpr std::chrono::hours kOld{1};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".partial") continue;
    const auto written = entry.last_write_time(error);
    if (!error && fs::file_time_type::clock::now() - written > kOld) fs::remove(entry.path(), error);
  }
}

int64_t running_elsewhere(const fs::path& workers) {
  int64_t units = 0;
  for (const SweepWorker& worker : workers_of(workers)) {
    if (worker.is_running(seconds_now()) && !worker.is_this_one()) units += worker.running_units();
  }
  return units;
}

std::unordered_set<std::string> names_in(const fs::path& folder) {
  std::unordered_set<std::string> names;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing))
    names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

struct Sweep::State {
  Study study;
  SweepOptions options;
  TrialStore store;
  std::vector<SweepUnit> units;

  const StudyCase& case_of(const SweepUnit& unit) const { return study.cases[unit.case_index]; }
  fs::path workers() const { return options.folder / "workers"; }
  // `visit(unit, name of its file)`, in the order of the units.
  template <typename Visit>
  void each_name(const Visit& visit) const {
    size_t position = 0;
    for (const StudyCase& one : study.cases) {
      for (const std::string& name : store.names_of(one)) visit(units[position++], name);
    }
  }
};

Sweep::Sweep(Study study, SweepOptions options) {
  const fs::path name = study.name;
  if (name.extension() == ".toml") study.name = name.stem().string();
  study.cases = runnable_cases(study, options.images);
  const fs::path folder = options.folder / "units";
  std::vector<SweepUnit> units = units_of(study);
  state_ = std::make_unique<State>(
      State{std::move(study), std::move(options), TrialStore(folder, source_hash()), std::move(units)});
}

Sweep::~Sweep() = default;

const Study& Sweep::study() const {
  return state_->study;
}

const std::vector<SweepUnit>& Sweep::units() const {
  return state_->units;
}

std::vector<double> Sweep::costs() const {
  std::vector<double> costs;
  for (const SweepUnit& unit : state_->units) costs.push_back(unit.seconds);
  return costs;
}

SweepProgress Sweep::run(const std::vector<size_t>& positions, int threads, const std::string& share,
                         const std::function<void(const SweepProgress&)>& progress) {
  const State& state = *state_;
  SweepProgress now{.units = static_cast<int64_t>(positions.size())};
  std::vector<size_t> missing;
  double left = 0;
  for (const size_t position : positions) {
    const SweepUnit& unit = state.units.at(position);
    if (state.store.find(state.case_of(unit), unit.seed)) continue;
    missing.push_back(position);
    left += unit.seconds;
  }
  std::stable_sort(missing.begin(), missing.end(),
                   [&](size_t a, size_t b) { return state.units[a].seconds > state.units[b].seconds; });
  now.kept = now.units - static_cast<int64_t>(missing.size());
  now.seconds_left = left / threads;
  if (progress) progress(now);
  if (missing.empty()) return now;
  SweepWorkerFile worker(state.workers(),
                         {.share = share, .threads = threads, .units = static_cast<int64_t>(missing.size())});
  const double begun = seconds_now();
  constexpr double kLooksEvery = 5;  // seconds
  double ended = 0, looked = 0;
  std::mutex mutex;
  run_single_threaded(static_cast<int64_t>(missing.size()), threads, [&](int64_t i) {
    const SweepUnit& unit = state.units[missing[static_cast<size_t>(i)]];
    const StudyCase& study_case = state.case_of(unit);
    // Somebody else may have been given it, too.
    const bool is_there =
        state.store.has_file(study_case, unit.seed) && state.store.find(study_case, unit.seed);
    std::string reason;
    if (!is_there) {
      if (std::optional<StudyTrial> trial = tried(study_case, unit.seed, &reason)) {
        state.store.keep(study_case, unit.seed, *std::move(trial));
      } else {
        state.store.keep_failure(study_case, unit.seed, reason);
      }
    }
    worker.count(!reason.empty(), unit.seconds);
    const std::lock_guard lock(mutex);
    ++(is_there ? now.kept : reason.empty() ? now.made : now.failed);
    ended += unit.seconds;
    now.seconds = seconds_now() - begun;
    if (progress && (looked == 0 || now.seconds - looked > kLooksEvery)) {
      looked = now.seconds;
      now.elsewhere = running_elsewhere(state.workers());
    }
    now.seconds_left = now.seconds * std::max(0.0, left - ended) / ended;
    if (progress) progress(now);
  });
  return now;
}

SweepStatus Sweep::status() const {
  const State& state = *state_;
  const std::unordered_set<std::string> names = names_in(state.options.folder / "units");
  SweepStatus status{.units = static_cast<int64_t>(state.units.size())};
  std::unordered_set<std::string> own;
  double left = 0;
  state.each_name([&](const SweepUnit& unit, const std::string& name) {
    const bool done = names.contains(name), failed = !done && names.contains(TrialStore::failed(name));
    status.done += done;
    status.failed += failed;
    if (!done) left += unit.seconds;
    own.insert(name);
  });
  for (const std::string& name : names) {
    const std::string unit = name.substr(0, name.find(".jsonl") + std::string_view(".jsonl").size());
    status.foreign += !name.ends_with(".partial") && !own.contains(unit);
  }
  std::set<std::string> machines;
  double speed = 0;
  for (const SweepWorker& worker : workers_of(state.workers())) {
    if (!worker.is_running(seconds_now())) continue;
    ++status.workers;
    status.running += worker.running_units();
    machines.insert(worker.machine);
    speed += worker.speed();
  }
  status.machines.assign(machines.begin(), machines.end());
  status.seconds_left = speed > 0 ? left / speed : left;
  return status;
}

std::vector<FailedUnit> Sweep::failures(size_t most) const {
  if (most == 0) return {};
  const State& state = *state_;
  const std::unordered_set<std::string> names = names_in(state.options.folder / "units");
  std::vector<FailedUnit> failures;
  state.each_name([&](const SweepUnit& unit, const std::string& name) {
    if (failures.size() == most || names.contains(name) || !names.contains(TrialStore::failed(name))) return;
    const StudyCase& study_case = state.case_of(unit);
    if (const std::optional<std::string> reason = state.store.failure(study_case, unit.seed))
      failures.push_back({unit.number, study_case.name, unit.seed, *reason});
  });
  return failures;
}

Reproduction Sweep::merge(int threads) const {
  const State& state = *state_;
  const std::vector<StudyCase>& cases = state.study.cases;
  Reproduction all;
  all.context = study_context(state.study);
  all.results.resize(cases.size());
  std::vector<int64_t> missing(cases.size(), 0);
  run_single_threaded(static_cast<int64_t>(cases.size()), threads, [&](int64_t i) {
    const auto index = static_cast<size_t>(i);
    const StudyCase& one = cases[index];
    Trials trials(static_cast<size_t>(trial_count(one)));
    std::vector<std::string> failures(trials.size());
    for (size_t k = 0; k < trials.size(); ++k) {
      trials[k] = state.store.find(one, k + 1);
      if (!trials[k]) failures[k] = state.store.failure(one, k + 1).value_or("");
      missing[index] += !trials[k] && failures[k].empty();
    }
    if (missing[index] == 0) all.results[index] = case_result(one, trials, failures);
  });
  int64_t left = 0;
  for (const int64_t count : missing) left += count;
  if (left > 0)
    throw IoError(fmt::format("{}: {} of {} units are not finished; they must be run before they are merged",
                              printable(state.options.folder.string()), left, state.units.size()));
  for (const StudyCase& one : cases) all.cases.push_back(case_record(one));
  all.claims = judge(state.study, all.results);
  remove_old_partial_files(state.options.folder / "units");
  return all;
}

}  // namespace shatterproof
