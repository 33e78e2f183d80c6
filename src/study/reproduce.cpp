// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"
#include "study/image_inputs.h"
#include "study/measure_request.h"
#include "study/noise.h"
#include "study/predictions.h"
#include "study/trained_case.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

Batch batch_of(const StudyCase& study_case, const std::vector<Input>& inputs, uint64_t seed) {
  return runs_on_images(study_case) ? image_mini_batch(study_case, inputs, seed)
                                    : load_batch({.source = study_case.inputs}, inputs, seed);
}

CaseResult measured(const StudyCase& study_case, int threads) {
  const Network network = build_family(study_case.network);
  MeasuredSeeds seeds = measure_over_seeds(
      {.first = 1, .count = study_case.seeds, .threads = threads},
      [&](uint64_t seed) {
        return Trial{initialize(network, study_case.initializer, seed).network,
                     batch_of(study_case, network.inputs(), seed)};
      },
      study_case.measurements, measure_request(study_case));
  CaseResult result{.readings = std::move(seeds.readings)};
  result.coverage.nodes = seeds.coverage.nodes;
  result.coverage.measured = seeds.coverage.measured;
  result.coverage.approximated = seeds.coverage.approximated;
  for (const auto& [node, reason] : seeds.coverage.skipped) result.coverage.skipped.push_back({node, reason});
  return result;
}

fs::path file_of(const StudyCase& study_case, const ReproduceOptions& options) {
  return options.cases / fmt::format("{:016x}.jsonl", hash_name(options.version + study_case.key()));
}

// A file that cannot be read back is one that was never finished elsewhere: the case runs again.
bool read_back(const fs::path& file, CaseResult* result) {
  std::error_code missing;
  if (!fs::exists(file, missing)) return false;
  try {
    Results kept = read_results(file.string());
    if (kept.coverage.size() != 1) return false;
    *result = {.readings = std::move(kept.readings),
               .predictions = std::move(kept.predictions),
               .coverage = std::move(kept.coverage.front())};
    return true;
  } catch (const IoError&) {
    return false;
  }
}

void keep(const fs::path& file, const CaseResult& result, const ReproduceOptions& options) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    throw IoError(fmt::format("{}: cannot make the folder: {}", printable(file.parent_path().string()),
                              error.message()));
  }
  ResultsWriter writer(file.string());
  writer.write(ContextRecord{.version = options.version, .network = result.name});
  for (const Reading& reading : result.readings) writer.write(reading);
  for (const PredictionRecord& prediction : result.predictions) writer.write(prediction);
  writer.write(result.coverage);
  writer.close();
}

// A mistake in the last case is found before the first one runs.
void check(const StudyCase& study_case) {
  measure_request(study_case);
  if (study_case.training) return check_training(study_case);
  for (const std::string& name : study_case.measurements) measurement_of(name);
  if (!study_case.network.empty()) build_family(study_case.network);
}

void name_all(CaseResult& result, const std::string& name) {
  result.name = name;
  result.coverage.case_name = name;
  for (Reading& reading : result.readings) reading.case_name = name;
  for (PredictionRecord& prediction : result.predictions) prediction.reading.case_name = name;
}

CaseResult ran(const StudyCase& study_case, int threads, const TrialFiles& trials) {
  CaseResult result;
  if (study_case.training) {
    result = trained_case(study_case, threads, trials);
  } else if (!study_case.noise.empty()) {
    result = measured_noise(study_case);
  } else if (!study_case.gates.empty()) {
    result = simulated_gates(study_case);
  } else {
    result = measured(study_case, threads);
  }
  result.predictions = predictions_of(study_case);
  name_all(result, study_case.name);
  return result;
}

// The case with what its images are said to be.
StudyCase on_images(StudyCase study_case, const ReproduceOptions& options) {
  if (runs_on_images(study_case)) study_case.images = options.images;
  return study_case;
}

TrialFiles trial_files(const ReproduceOptions& options) {
  return {options.cases, options.version};
}

}  // namespace

CaseRecord case_record(const StudyCase& study_case) {
  CaseRecord record{.name = study_case.name,
                    .network = study_case.network,
                    .inputs = study_case.inputs,
                    .initializer = study_case.initializer,
                    .functional = study_case.functional,
                    .batch_norm = study_case.batch_norm,
                    .dtype = study_case.dtype,
                    .seeds = study_case.seeds};
  if (!study_case.network.empty()) return record;
  record.network = study_case.noise.empty() ? "gates: " + study_case.gates : "noise: " + study_case.noise;
  record.initializer = record.functional = record.batch_norm = "";
  return record;
}

CaseResult run_case(const StudyCase& study_case, int threads) {
  return ran(study_case, threads, {});
}

double estimated_training_seconds(const Study& study, const ReproduceOptions& options) {
  double seconds = 0;
  for (const StudyCase& given : study.cases) {
    const StudyCase study_case = on_images(given, options);
    check(study_case);
    CaseResult finished;
    const bool kept = !options.cases.empty() && read_back(file_of(study_case, options), &finished);
    if (study_case.training && !kept) seconds += estimated_seconds(study_case, trial_files(options));
  }
  return seconds / std::max(1, options.threads);
}

void forget_cases(const Study& study, const ReproduceOptions& options) {
  std::error_code ignored;  // what stays behind harms nobody
  for (const StudyCase& given : study.cases) {
    const StudyCase study_case = on_images(given, options);
    fs::remove(file_of(study_case, options), ignored);
    for (int64_t seed = 1; study_case.training && seed <= study_case.seeds; ++seed)
      fs::remove(trial_files(options).of(study_case, static_cast<uint64_t>(seed)), ignored);
  }
  fs::remove(options.cases, ignored);
}

std::vector<CaseResult> reproduce(const Study& study, const ReproduceOptions& options) {
  std::vector<StudyCase> cases;
  for (const StudyCase& study_case : study.cases) {
    check(study_case);
    cases.push_back(on_images(study_case, options));
  }
  if (!options.cases.empty()) run_trials(cases, options.threads, trial_files(options), options.after_trial);
  std::vector<CaseResult> results;
  for (const StudyCase& study_case : cases) {
    CaseResult result;
    const fs::path file = options.cases.empty() ? fs::path() : file_of(study_case, options);
    const bool kept = !file.empty() && read_back(file, &result);
    if (options.before_case) options.before_case(study_case, results.size(), kept);
    if (kept) {
      name_all(result, study_case.name);
    } else {
      result = ran(study_case, options.threads, trial_files(options));
      if (!file.empty()) keep(file, result, options);
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace shatterproof
