// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>

#include "core/folder_lock.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "study/case_result.h"
#include "study/source_hash.h"
#include "study/trial.h"
#include "study/trial_store.h"

namespace shatterproof {
namespace {

TrialStore store_of(const ReproduceOptions& options) {
  return {options.kept, source_hash()};
}

struct Job {
  size_t case_index;
  uint64_t seed;
  int64_t depth;  // of a network that is trained; else 0
};

int64_t depth_of_training(const StudyCase& study_case) {
  constexpr int64_t kMost = 1'000'000'000;
  const auto* trained = std::get_if<TrainedNetwork>(&study_case.source);
  return trained == nullptr ? 0 : Spec::parse(trained->family).count("depth", 1, 1, kMost);
}

// What is not kept, the longest first, so that no thread is idle in the end.
std::vector<Job> missing(const std::vector<StudyCase>& cases, const std::vector<Trials>& trials,
                         uint64_t first_seed) {
  std::vector<Job> jobs;
  for (size_t i = 0; i < cases.size(); ++i) {
    for (size_t k = 0; k < trials[i].size(); ++k) {
      if (!trials[i][k]) jobs.push_back({i, first_seed + k, depth_of_training(cases[i])});
    }
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.depth > b.depth; });
  return jobs;
}

Trials kept_trials(const StudyCase& study_case, const TrialStore& store, uint64_t first_seed) {
  Trials trials(static_cast<size_t>(trial_count(study_case)));
  for (size_t k = 0; k < trials.size(); ++k) trials[k] = store.find(study_case, first_seed + k);
  return trials;
}

// The folder of the trials while a run makes some, which no other run may meanwhile.
class TrialFolder {
 public:
  explicit TrialFolder(const std::filesystem::path& folder) : folder_(folder) {
    if (folder.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
      throw IoError(
          fmt::format("{}: cannot make the folder: {}", printable(folder.string()), error.message()));
    lock_.emplace(folder);
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      // What killed runs were writing.
      if (entry.path().extension() == ".partial") std::filesystem::remove(entry.path(), error);
    }
  }
  ~TrialFolder() {
    lock_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove(folder_, ignored);  // only when nothing is in it
  }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;

 private:
  std::filesystem::path folder_;
  std::optional<FolderLock> lock_;
};

std::vector<Trials> all_trials(const std::vector<StudyCase>& cases, const ReproduceOptions& options) {
  const TrialFolder folder(options.kept);
  const TrialStore store = store_of(options);
  std::vector<Trials> trials;
  for (const StudyCase& one : cases) trials.push_back(kept_trials(one, store, options.first_seed));
  const std::vector<Job> jobs = missing(cases, trials, options.first_seed);
  StudyProgress progress;
  for (const Trials& one : trials) progress.trials += static_cast<int64_t>(one.size());
  progress.kept = progress.trials - static_cast<int64_t>(jobs.size());
  if (options.progress) options.progress(progress);
  std::mutex mutex;
  run_single_threaded(static_cast<int64_t>(jobs.size()), options.threads, [&](int64_t i) {
    const Job& job = jobs[static_cast<size_t>(i)];
    const StudyCase& study_case = cases[job.case_index];
    StudyTrial trial = store.keep(study_case, job.seed, run_trial(study_case, job.seed));
    const std::lock_guard lock(mutex);
    trials[job.case_index][job.seed - options.first_seed] = std::move(trial);
    ++progress.made;
    if (options.progress) options.progress(progress);
  });
  return trials;
}

}  // namespace

CaseResult run_case(const StudyCase& study_case, int threads) {
  return reproduce({.cases = {study_case}}, {.threads = threads, .images = study_case.images}).front();
}

double estimated_training_seconds(const Study& study, const ReproduceOptions& options) {
  double seconds = 0;
  for (const StudyCase& study_case : runnable_cases(study, options.images)) {
    const auto* trained = std::get_if<TrainedNetwork>(&study_case.source);
    if (trained == nullptr) continue;
    const Trials kept = kept_trials(study_case, store_of(options), options.first_seed);
    const auto left = std::count(kept.begin(), kept.end(), std::nullopt);
    if (left == 0) continue;
    double each = 0;
    run_single_threaded(1, 1, [&](int64_t) { each = seconds_per_example(study_case, *trained); });
    const auto trainings = std::max<int64_t>(1, std::ssize(trained->training.learning_rates));
    seconds +=
        each * static_cast<double>(trainings * left * trained->training.examples * trained->training.epochs);
  }
  return seconds / std::max(1, options.threads);
}

void forget_trials(const Study& study, const ReproduceOptions& options) {
  for (const StudyCase& one : runnable_cases(study, options.images)) store_of(options).forget(one);
}

std::vector<CaseResult> reproduce(const Study& study, const ReproduceOptions& options) {
  const std::vector<StudyCase> cases = runnable_cases(study, options.images);
  const std::vector<Trials> trials = all_trials(cases, options);
  std::vector<CaseResult> results;
  for (size_t i = 0; i < cases.size(); ++i) results.push_back(case_result(cases[i], trials[i]));
  return results;
}

}  // namespace shatterproof
