// SPDX-License-Identifier: Apache-2.0
#include "study/trial.h"

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "study/image_inputs.h"
#include "study/measure_request.h"

namespace shatterproof {
namespace {

Batch batch_of(const StudyCase& study_case, const std::vector<Input>& inputs, uint64_t seed) {
  return runs_on_images(study_case) ? image_mini_batch(study_case, inputs, seed)
                                    : load_batch({.source = study_case.inputs}, inputs, seed);
}

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

StudyTrial drawn_trial(const StudyCase& study_case, const DrawnNetwork& drawn, uint64_t seed) {
  StudyTrial trial;
  if (study_case.check) trial = checked_trial(study_case, drawn, seed);
  if (study_case.measurements.empty()) return trial;
  const Network network = initialize(build_family(drawn.family), study_case.initializer, seed).network;
  MeasureRequest request = measure_request(study_case);
  request.run.seed = seed;
  Measured measured =
      measure(network, batch_of(study_case, network.inputs(), seed), study_case.measurements, request);
  for (Reading& reading : measured.readings) trial.readings.push_back(std::move(reading));
  trial.coverage = measured.coverage;
  return trial;
}

StudyTrial run_trial(const StudyCase& study_case, uint64_t seed) {
  throw_if_interrupted();
  return std::visit(
      Overloaded{[&](const DrawnNetwork& source) { return drawn_trial(study_case, source, seed); },
                 [&](const TrainedNetwork& source) { return trained_trial(study_case, source, seed); },
                 [&](const NoiseSeries& source) { return noise_trial(study_case, source, seed); },
                 [&](const IndependentGates& source) { return gates_trial(study_case, source); }},
      study_case.source);
}

int64_t trial_count(const StudyCase& study_case) {
  return std::holds_alternative<IndependentGates>(study_case.source) ? 1 : study_case.seeds;
}

void require_runnable(const StudyCase& study_case) {
  measure_request(study_case);
  if (const auto* trained = std::get_if<TrainedNetwork>(&study_case.source))
    return require_trainable(study_case, *trained);
  for (const std::string& name : study_case.measurements) measurement_of(name);
  if (const auto* drawn = std::get_if<DrawnNetwork>(&study_case.source)) build_family(drawn->family);
}

}  // namespace shatterproof
