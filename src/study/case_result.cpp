// SPDX-License-Identifier: Apache-2.0
#include "study/case_result.h"

#include <fmt/format.h>

#include <algorithm>

#include "study/image_inputs.h"
#include "study/predictions.h"
#include "study/quantity.h"

namespace shatterproof {
namespace {

// Of every reading of the first trial. The draws of a theory are averaged already.
std::vector<Reading> means(const Trials& trials, const StudyTrial& first) {
  if (trials.size() == 1 && first.coverage.nodes == 0) return first.readings;
  std::vector<Reading> means;
  for (const Reading& reading : first.readings) {
    std::vector<Reading> draws;
    for (const std::optional<StudyTrial>& trial : trials) {
      if (!trial) continue;
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
      if (!trial) continue;
      const CaseResult alone{.readings = trial->readings, .predictions = predictions};
      draws[i].push_back(measured_quantity(study_case, alone, study_case.claims[i]).value);
    }
  }
  return draws;
}

// Each rule's worst finding, which says in how many draws the rule found as much.
std::vector<Finding> worst_findings(const Trials& trials) {
  std::vector<Finding> worst;
  int64_t draws = 0;
  for (const std::optional<StudyTrial>& trial : trials) {
    if (!trial) continue;
    ++draws;
    for (const Finding& finding : trial->findings) {
      const auto known =
          std::find_if(worst.begin(), worst.end(), [&](const Finding& one) { return one.id == finding.id; });
      if (known == worst.end()) {
        worst.push_back(finding);
      } else if (known->severity < finding.severity) {
        *known = finding;
      }
    }
  }
  for (Finding& finding : worst) {
    int64_t confirming = 0;
    for (const std::optional<StudyTrial>& trial : trials) {
      confirming +=
          trial && std::any_of(trial->findings.begin(), trial->findings.end(), [&](const auto& one) {
            return one.id == finding.id && one.severity == finding.severity;
          });
    }
    if (draws > 1)
      finding.confidence =
          fmt::format("{} in {} of {} draws", to_string(finding.severity), confirming, draws);
  }
  std::stable_sort(worst.begin(), worst.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return worst;
}

}  // namespace

CaseResult case_result(const StudyCase& study_case, const Trials& trials,
                       const std::vector<std::string>& failures) {
  CaseResult result{.name = study_case.name, .predictions = predictions_of(study_case)};
  const auto first =
      std::find_if(trials.begin(), trials.end(), [](const auto& one) { return one.has_value(); });
  if (first != trials.end()) {
    result.readings = means(trials, **first);
    result.findings = worst_findings(trials);
    result.coverage = (*first)->coverage;
    result.draws = draws_of(study_case, trials, result.predictions);
  }
  result.coverage.case_name = study_case.name;
  for (size_t k = 0; k < failures.size(); ++k) {
    if (!failures[k].empty()) result.coverage.skipped.push_back({fmt::format("seed {}", k + 1), failures[k]});
  }
  for (Reading& reading : result.readings) reading.case_name = study_case.name;
  for (Finding& finding : result.findings) finding.case_name = study_case.name;
  for (PredictionRecord& prediction : result.predictions) prediction.reading.case_name = study_case.name;
  return result;
}

SampleCases sample_cases(const Study& study) {
  SampleCases samples;
  for (const StudyAxis& axis : study.axes) samples.emplace_back(axis.values.size());
  const auto first = std::find_if(study.cases.begin(), study.cases.end(),
                                  [](const StudyCase& one) { return !one.cell.empty(); });
  if (first == study.cases.end()) return samples;
  std::vector<std::vector<bool>> exact;
  for (const auto& axis : samples) exact.emplace_back(axis.size(), false);
  for (size_t i = 0; i < study.cases.size(); ++i) {
    const std::vector<size_t>& cell = study.cases[i].cell;
    if (cell.empty()) continue;
    size_t differ = 0;
    for (size_t axis = 0; axis < cell.size(); ++axis) differ += cell[axis] != first->cell[axis];
    for (size_t axis = 0; axis < cell.size(); ++axis) {
      std::optional<size_t>& sample = samples[axis][cell[axis]];
      const bool is_exact = differ == 0 || (differ == 1 && cell[axis] != first->cell[axis]);
      if (sample && (exact[axis][cell[axis]] || !is_exact)) continue;
      sample = i;
      exact[axis][cell[axis]] = is_exact;
    }
  }
  return samples;
}

std::vector<StudyCase> runnable_cases(const Study& study, const std::string& images) {
  std::vector<StudyCase> cases = study.cases;
  for (StudyCase& one : cases) {
    if (runs_on_images(one)) one.images = images;
    if (one.cell.empty()) require_runnable(one);
  }
  for (const auto& axis : sample_cases(study)) {
    for (const std::optional<size_t>& sample : axis) {
      if (sample) require_runnable(cases[*sample]);
    }
  }
  return cases;
}

}  // namespace shatterproof
