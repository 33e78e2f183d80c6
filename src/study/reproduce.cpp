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
#include "study/image_inputs.h"
#include "study/predictions.h"
#include "study/quantity.h"
#include "study/source_hash.h"
#include "study/trial.h"
#include "study/trial_store.h"

namespace shatterproof {
namespace {

using Trials = std::vector<std::optional<StudyTrial>>;  // of a case, by seed

TrialStore store_of(const ReproduceOptions& options) {
  return {options.kept, source_hash()};
}

// The cases with what their images are said to be, each known to be runnable.
std::vector<StudyCase> cases_of(const Study& study, const ReproduceOptions& options) {
  std::vector<StudyCase> cases = study.cases;
  for (StudyCase& one : cases) {
    if (runs_on_images(one)) one.images = options.images;
    require_runnable(one);
  }
  return cases;
}

// One thread each, also when there is one alone: its numbers shall not depend on how many there are.
void run_alone(int64_t count, int threads, const std::function<void(int64_t)>& job) {
  run_in_parallel(std::max<int64_t>(2, count), threads, [&](int64_t i) {
    if (i < count) job(i);
  });
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
  run_alone(static_cast<int64_t>(jobs.size()), options.threads, [&](int64_t i) {
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

// Of every reading of the first trial. The draws of a theory are averaged already.
std::vector<Reading> means(const Trials& trials) {
  if (trials.size() == 1 && trials[0]->coverage.nodes == 0) return trials[0]->readings;
  std::vector<Reading> means;
  for (const Reading& reading : trials.front()->readings) {
    std::vector<Reading> draws;
    for (const std::optional<StudyTrial>& trial : trials) {
      const auto found =
          std::find_if(trial->readings.begin(), trial->readings.end(), [&](const Reading& other) {
            return other.name == reading.name && other.tap == reading.tap && other.type == reading.type;
          });
      if (found != trial->readings.end()) draws.push_back(*found);
    }
    means.push_back(mean_over_seeds(draws));
  }
  return means;
}

// Of every claim, by seed; none where a theory's draws are averaged already.
std::vector<std::vector<double>> draws_of(const StudyCase& study_case, const Trials& trials,
                                          const std::vector<PredictionRecord>& predictions) {
  std::vector<std::vector<double>> draws(trials.size() < 2 ? 0 : study_case.claims.size());
  for (size_t i = 0; i < draws.size(); ++i) {
    for (const std::optional<StudyTrial>& trial : trials) {
      const CaseResult alone{.readings = trial->readings, .predictions = predictions};
      draws[i].push_back(measured_quantity(study_case, alone, study_case.claims[i]).value);
    }
  }
  return draws;
}

CaseResult result_of(const StudyCase& study_case, const Trials& trials) {
  CaseResult result{.name = study_case.name,
                    .readings = means(trials),
                    .predictions = predictions_of(study_case),
                    .coverage = trials.front()->coverage};
  result.draws = draws_of(study_case, trials, result.predictions);
  result.coverage.case_name = study_case.name;
  for (Reading& reading : result.readings) reading.case_name = study_case.name;
  for (PredictionRecord& prediction : result.predictions) prediction.reading.case_name = study_case.name;
  return result;
}

}  // namespace

CaseResult run_case(const StudyCase& study_case, int threads) {
  return reproduce({.cases = {study_case}}, {.threads = threads, .images = study_case.images}).front();
}

double estimated_training_seconds(const Study& study, const ReproduceOptions& options) {
  double seconds = 0;
  for (const StudyCase& study_case : cases_of(study, options)) {
    const auto* trained = std::get_if<TrainedNetwork>(&study_case.source);
    if (trained == nullptr) continue;
    const Trials kept = kept_trials(study_case, store_of(options), options.first_seed);
    const auto left = std::count(kept.begin(), kept.end(), std::nullopt);
    if (left == 0) continue;
    double each = 0;
    run_alone(1, 2, [&](int64_t) { each = seconds_per_example(study_case, *trained); });
    seconds += each * static_cast<double>(left * trained->training.examples * trained->training.epochs);
  }
  return seconds / std::max(1, options.threads);
}

void forget_trials(const Study& study, const ReproduceOptions& options) {
  for (const StudyCase& one : cases_of(study, options)) store_of(options).forget(one);
}

std::vector<CaseResult> reproduce(const Study& study, const ReproduceOptions& options) {
  const std::vector<StudyCase> cases = cases_of(study, options);
  const std::vector<Trials> trials = all_trials(cases, options);
  std::vector<CaseResult> results;
  for (size_t i = 0; i < cases.size(); ++i) results.push_back(result_of(cases[i], trials[i]));
  return results;
}

}  // namespace shatterproof
