// SPDX-License-Identifier: Apache-2.0
#include "train/shallow_control.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "train/batch_variation.h"
#include "train/descent.h"
#include "train/rehearsal_stage.h"

namespace shatterproof {
namespace {

// Inputs of a live model may be of several types, and lie on several devices.
at::Tensor rows_in_double(const Batch& batch) {
  Batch alike;
  for (const at::Tensor& input : batch.inputs) alike.inputs.push_back(input.to(at::kCPU, at::kDouble));
  return alike.rows();
}

at::Tensor standardized(const at::Tensor& numbers) {
  const at::Tensor centred = numbers - numbers.mean(0, /*keepdim=*/true);
  const at::Tensor spread = centred.square().mean(0, /*keepdim=*/true).sqrt();
  return centred / at::where(spread > 0, spread, at::ones_like(spread));
}

Network shallow(int64_t inputs, int64_t units, int64_t outputs, uint64_t seed) {
  NetworkBuilder builder("shallow");
  const std::string hidden =
      builder.linear(builder.input("x", {inputs}), {"hidden", inputs, units, true, "", ""});
  builder.output(
      builder.linear(builder.activation(hidden, "relu", "relu"), {"readout", units, outputs, true, "", ""}));
  return initialize(builder.build(), "he", seed).network;
}

}  // namespace

at::Tensor standardized_numbers(const Batch& batch, uint64_t seed) {
  constexpr int64_t kMost = 512;
  const at::Tensor all = standardized(rows_in_double(batch));
  if (all.size(1) <= kMost) return all;
  at::Tensor directions = at::empty({all.size(1), kMost}, at::kDouble);
  RandomStream(seed, "rehearsal/projection")
      .gaussian({directions.data_ptr<double>(), static_cast<size_t>(directions.numel())});
  return standardized(all.mm(directions));
}

double shallow_control(const Task& task, const Batch& batch, const RehearsalOptions& options,
                       double neighbourhood, int64_t parameters) {
  constexpr int64_t kFewestUnits = 16, kMostUnits = 128;
  constexpr double kRates[] = {1e-3, 3e-3, 1e-2};
  Batch flat;
  flat.inputs = {standardized_numbers(batch, options.seed)};
  const int64_t inputs = flat.inputs[0].size(1), outputs = task.numbers();
  const int64_t units = std::clamp(parameters / (inputs + outputs + 1), kFewestUnits, kMostUnits);
  const Network network = shallow(inputs, units, outputs, options.seed);
  RunOptions run;
  run.batch_norm = BatchStatistics::attached;
  run.dtype = at::kDouble;
  double best = task.constant_loss();
  for (const double rate : kRates) {
    Descent descent(network, run, "adam");
    for (int64_t step = 0; step < options.steps; ++step) {
      const Batch examples = moved(flat, neighbourhood, options.seed, step);
      const at::Tensor made = descent.outputs(examples, Dropout{options.seed, step}).front();
      const at::Tensor loss = task.loss_of_rows(made);
      best = std::min(best, loss.item<double>());
      descent.differentiate(loss);
      descent.step(rate);
    }
  }
  return (best - task.least_loss()) / (task.constant_loss() - task.least_loss());
}

}  // namespace shatterproof
