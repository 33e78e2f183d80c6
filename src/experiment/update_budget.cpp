// SPDX-License-Identifier: Apache-2.0
#include "experiment/update_budget.h"

#include <ATen/ATen.h>

#include <limits>

#include "measure/layer_scales.h"

namespace shatterproof {
namespace {

constexpr const char* kUpdateBudget = "update_budget";

class ErrorGradients : public Observer {
 public:
  bool wants_forward(const Tap& tap) const override { return scales.wants(tap); }
  bool wants_backward(const Tap& tap) const override { return scales.wants(tap); }
  void observe(const ForwardTap& tap) override { scales.add(tap); }
  void observe(const BackwardTap& tap) override { scales.add(tap); }

  LayerScales scales;
};

std::vector<Reading> no_update_budget(const char* reason) {
  return {undefined_reading(kUpdateBudget, ReadingType::curve, reason)};
}

// mean_b E_b^2, E_b the cross entropy of example b.
double mean_square_error(const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor chances = at::log_softmax(logits.flatten(1).to(at::kDouble), 1);
  return chances.gather(1, labels.to(logits.device()).unsqueeze(1)).square().mean().item<double>();
}

std::vector<Reading> budget(const ExperimentRun& run) {
  const Batch& batch = run.batch;
  if (!batch.labels.defined()) return no_update_budget("the inputs have no labels: there is no error");
  if (run.graph().outputs().size() != 1) return no_update_budget("several outputs: labels belong to one");
  ErrorGradients gradients;
  Observer* observer = &gradients;
  run.source.run(batch, {&observer, 1}, run.options);
  const double squares = mean_square_error(run.source.outputs(batch, run.options)[0], batch.labels);
  if (squares == 0) return no_update_budget("the error is zero for every example");
  const auto examples = static_cast<double>(batch.examples());
  return {depth_curve(kUpdateBudget, gradients.scales.layers, kNoLayer, [&](const LayerScale& layer) {
    const Outcome coefficient = scale_coefficient(layer, 1, squares * examples);
    if (coefficient.undefined) return coefficient;
    if (coefficient.value == 0) return Outcome{.undefined = kZeroGradient};
    return Outcome{1 / coefficient.value};
  })};
}

}  // namespace

ExperimentRecord update_budget_record() {
  ExperimentRecord record;
  record.name = kUpdateBudget;
  record.symbol = "1/GSC(k, 0)";
  record.sentence =
      "By what part of themselves a layer's weights may change before the linear model of the error is used "
      "up.";
  record.formula =
      "|E|_qm / (||dE/df_k||_qm ||f_k||_qm), ||A||_qm = ||A||_F / sqrt(columns), quadratic means over b";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "small where gradients explode: the layer tolerates only tiny steps";
  record.needs = Needs::graph;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::loss;
  record.undefined_when =
      "no labels, several outputs, an error or a gradient of zero, no linear layer, or a number that is not "
      "finite";
  record.prediction = "none: it depends on the error, which is the data's";
  record.over_seeds = SeedMean::geometric;
  record.run = budget;
  return record;
}

}  // namespace shatterproof
