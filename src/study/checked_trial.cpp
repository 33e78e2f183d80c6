// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/check.h"
#include "study/image_inputs.h"
#include "study/measure_request.h"
#include "study/trial.h"

namespace shatterproof {
namespace {

CheckOptions options_of(const StudyCase& study_case, uint64_t seed) {
  constexpr int64_t kMemory = int64_t{4} << 30;  // what fits decides how many examples run at a time
  constexpr double kNoLimit = 1e6;
  const MeasureRequest request = measure_request(study_case);
  CheckOptions options;
  options.weights = {.scheme = study_case.initializer, .first_seed = seed, .count = 1};
  options.functional = request.run.functional;
  options.batch_norm = request.batch_norm;
  options.dtype = request.run.dtype;
  options.threads = 1;
  options.memory = kMemory;
  options.predicts = false;
  options.tries_remedies = false;
  options.rehearsal_seconds = kNoLimit;
  options.examples.source = study_case.inputs;
  if (runs_on_images(study_case)) {
    options.examples.source = study_case.images;
    options.examples.count = image_count(study_case);
    options.examples.standardize = true;
  }
  return options;
}

// 0 healthy, 1 watch, 2 critical; undefined where nothing was found and something could not be measured.
Reading severity_of(const Diagnosis& diagnosis) {
  constexpr const char* kName = "severity";
  if (verdict_record(diagnosis).verdict == "unknown") {
    std::string reason = "no verdict without";
    for (const std::string& missing : diagnosis.missing)
      reason += (reason.ends_with("without") ? " " : ", ") + missing;
    return undefined_reading(kName, ReadingType::scalar, reason);
  }
  const Severity severity = worst(diagnosis);
  return scalar_reading(kName, severity == Severity::critical ? 2 : severity == Severity::watch ? 1 : 0);
}

}  // namespace

StudyTrial checked_trial(const StudyCase& study_case, const DrawnNetwork& network, uint64_t seed) {
  const Subject subject = subject_of_family(network.family);
  Checked checked = check(subject, options_of(study_case, seed));
  StudyTrial trial{{severity_of(checked.diagnosis)}, std::move(checked.coverage)};
  trial.findings = std::move(checked.diagnosis.findings);
  return trial;
}

}  // namespace shatterproof
