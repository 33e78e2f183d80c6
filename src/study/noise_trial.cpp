// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "study/trial.h"

namespace shatterproof {
namespace {

constexpr double kWidth = 200;  // of the networks that it is shown beside

at::Tensor series(const std::string& kind, int64_t count, uint64_t seed) {
  at::Tensor steps = at::empty({count}, at::kDouble);
  RandomStream(seed, "noise." + kind).gaussian({steps.data_ptr<double>(), static_cast<size_t>(count)});
  const at::Tensor scaled = steps / std::sqrt(kWidth);
  return (kind == "brown" ? scaled.cumsum(0) : scaled).unsqueeze(1);
}

std::vector<Reading> readings_of(const ExperimentRecord& record, const MeasurementOptions& options,
                                 const Batch& grid, const at::Tensor& gradient) {
  const std::unique_ptr<Measurement> measurement = record.make(options);
  Tap tap;
  tap.name = "input";
  tap.kind = TapKind::input;
  measurement->begin({.examples = grid.examples(), .along_path = grid.along_path, .input_numbers = 1});
  const at::Tensor& points = grid.inputs.front();
  if (measurement->wants_forward(tap)) {
    measurement->observe(ForwardTap{.tap = tap, .inputs = {}, .output = points});
  }
  if (measurement->wants_backward(tap)) measurement->observe(BackwardTap{.tap = tap, .gradient = gradient});
  return measurement->readings();
}

}  // namespace

StudyTrial noise_trial(const StudyCase& study_case, const NoiseSeries& noise, uint64_t seed) {
  const Batch grid = load_batch({.source = study_case.inputs}, {{"x", {-1, 1}}}, 1);
  const at::Tensor gradient = series(noise.color, grid.examples(), seed);
  StudyTrial trial;
  for (const std::string& name : study_case.measurements) {
    const ExperimentRecord& record = measurement_of(name);
    if (!record.make) {
      reject("study case '" + study_case.name + "'", "noise is no network: name a measurement of taps", name);
    }
    for (Reading& reading : readings_of(record, {"", Spec::parse(name)}, grid, gradient))
      trial.readings.push_back(std::move(reading));
  }
  return trial;
}

}  // namespace shatterproof
