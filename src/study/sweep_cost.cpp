// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_cost.h"

#include <algorithm>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/network/layer.h"
#include "study/case_result.h"

namespace shatterproof {
namespace {

// As seen with feedforward networks of width 50 to 500 on one thread.
constexpr double kMultiplicationsPerSecond = 6e9, kSecondsPerNode = 4e-5, kSecondsPerDrawnNumber = 1e-8;
constexpr double kLeast = 1e-5;

// The last number of "gaussian:256", "grid:-2:2:256" or "images:64".
double examples_of(const std::string& inputs) {
  constexpr double kUsual = 256;
  const size_t colon = inputs.rfind(':');
  const std::optional<int64_t> count =
      colon == std::string::npos ? std::nullopt : parse_whole_number(inputs.substr(colon + 1));
  return count && *count > 0 ? static_cast<double>(*count) : kUsual;
}

// Positions at which an example's weights are used: pixels of an image, tokens.
double positions_of(const Network& network) {
  constexpr size_t kTokens = 3, kImage = 4;
  if (network.inputs().empty()) return 1;
  const std::vector<int64_t>& shape = network.inputs().front().shape;
  if (shape.size() == kTokens) return static_cast<double>(std::max<int64_t>(1, shape[1]));
  if (shape.size() == kImage) return static_cast<double>(std::max<int64_t>(1, shape[2] * shape[3]));
  return 1;
}

struct Work {
  double multiplications = 0;  // of a pass, for one example
  double nodes = 0, numbers = 0;
};

Work work_of(const std::string& family) {
  const Network network = build_family(family);
  Work work;
  for (const Layer& layer : structure(network).layers)
    work.multiplications += static_cast<double>(layer.fan_in * layer.fan_out);
  work.multiplications *= positions_of(network);
  work.nodes = static_cast<double>(network.nodes().size());
  work.numbers = static_cast<double>(network.parameter_count());
  return work;
}

// Forward and backward, so many times.
double seconds_of_passes(const Work& work, double examples, double passes) {
  constexpr double kBothWays = 3;
  return passes * (kBothWays * work.multiplications * examples / kMultiplicationsPerSecond +
                   kSecondsPerNode * work.nodes);
}

// Measurements of taps share one pass.
double passes_of(const StudyCase& study_case) {
  constexpr double kOfSeveralRuns = 10;
  double passes = 0, shared = 0;
  for (const std::string& name : study_case.measurements) {
    const std::string measurement = Spec::parse(name).name();
    const auto records = measurements();
    const auto record = std::find_if(records.begin(), records.end(),
                                     [&](const ExperimentRecord& one) { return one.name == measurement; });
    if (record == records.end()) continue;  // a curve of training
    (record->needs == Needs::runs ? passes : shared) += record->needs == Needs::runs ? kOfSeveralRuns : 1;
  }
  return passes + std::min(1.0, shared);
}

struct SecondsOf {
  const StudyCase& study_case;

  double operator()(const DrawnNetwork& source) const {
    constexpr double kPassesOfCheck = 15, kStepsOfRehearsal = 100, kExamplesOfRehearsal = 32;
    const Work work = work_of(source.family);
    const double examples = examples_of(study_case.inputs);
    double seconds = seconds_of_passes(work, examples, passes_of(study_case));
    if (study_case.check)
      seconds += seconds_of_passes(work, examples, kPassesOfCheck) +
                 seconds_of_passes(work, kExamplesOfRehearsal, kStepsOfRehearsal);
    return seconds + kSecondsPerDrawnNumber * work.numbers;
  }
  double operator()(const TrainedNetwork& source) const {
    const Work work = work_of(source.family);
    const StudyTraining& training = source.training;
    const auto epochs = static_cast<double>(training.epochs), batch = static_cast<double>(training.batch);
    const auto examples = static_cast<double>(training.examples + training.test_examples / 3);
    const auto trainings = static_cast<double>(std::max<size_t>(1, training.learning_rates.size()));
    return trainings * seconds_of_passes(work, batch, epochs * examples / batch) +
           seconds_of_passes(work, examples_of(study_case.inputs), passes_of(study_case)) +
           kSecondsPerDrawnNumber * work.numbers;
  }
  double operator()(const NoiseSeries&) const { return kLeast; }
  double operator()(const IndependentGates&) const { return 1; }
};

double seconds_of(const StudyCase& study_case) {
  return std::max(kLeast, std::visit(SecondsOf{study_case}, study_case.source));
}

}  // namespace

std::vector<double> estimated_seconds(const Study& study) {
  const SampleCases samples = sample_cases(study);
  double first = 0;
  std::vector<std::vector<double>> times;
  for (const auto& axis : samples) {
    times.emplace_back();
    for (const std::optional<size_t>& sample : axis) {
      const double seconds = sample ? seconds_of(study.cases[*sample]) : 0;
      times.back().push_back(seconds);
    }
  }
  std::vector<double> costs;
  for (const StudyCase& one : study.cases) {
    if (one.cell.empty()) {
      costs.push_back(seconds_of(one));
      continue;
    }
    if (first == 0) first = seconds_of(one);
    double seconds = first;
    for (size_t axis = 0; axis < one.cell.size(); ++axis) seconds *= times[axis][one.cell[axis]] / first;
    costs.push_back(std::max(kLeast, seconds));
  }
  return costs;
}

}  // namespace shatterproof
