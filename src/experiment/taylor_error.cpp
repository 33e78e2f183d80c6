// SPDX-License-Identifier: Apache-2.0
#include "experiment/taylor_error.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "experiment/interpreter.h"
#include "experiment/jacobian.h"
#include "experiment/taylor_cuts.h"
#include "measure/per_tap.h"
#include "run/mini_batch.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {
namespace {

constexpr const char* kTaylorError = "taylor_error";
constexpr const char* kResetName = "taylor_error_reset";

std::vector<Reading> no_taylor_error(const std::string& reason) {
  return {undefined_reading(kTaylorError, ReadingType::curve, reason),
          undefined_reading(kResetName, ReadingType::curve, reason)};
}

// Wrong examples per cut, summed over mini-batches.
struct Wrong {
  std::vector<double> remaining, expanded, reset;
  bool finite = true;
};

int64_t wrong_examples(const std::vector<at::Tensor>& outputs, const at::Tensor& labels) {
  const at::Tensor scores = outputs[0].flatten(1);
  // What is no number names no class.
  const at::Tensor right = (scores.argmax(1) == labels.to(scores.device())) & scores.isfinite().all(1);
  return labels.numel() - right.sum().item<int64_t>();
}

void add_piece(const ExperimentRun& run, const Batch& batch, Wrong& wrong) {
  const Interpreter graph(run.network(), batch, run.options);
  const std::vector<TaylorCuts> cuts = taylor_cuts(graph, *run.untrained, batch);
  wrong.remaining.resize(cuts.size());
  wrong.expanded.resize(cuts.size());
  wrong.reset.resize(cuts.size());
  for (size_t i = 0; i < cuts.size(); ++i) {
    const std::vector<at::Tensor> outputs = outputs_behind(graph, cuts[i], cuts[i].initial + cuts[i].change);
    if (i == 0) wrong.finite = wrong.finite && outputs[0].isfinite().all().item<bool>();
    wrong.remaining[i] = static_cast<double>(cuts[i].remaining);
    wrong.expanded[i] += static_cast<double>(wrong_examples(outputs, batch.labels));
    wrong.reset[i] +=
        static_cast<double>(wrong_examples(outputs_behind(graph, cuts[i], cuts[i].initial), batch.labels));
  }
}

std::vector<double> fractions(std::vector<double> counts, int64_t examples) {
  for (double& count : counts) count /= static_cast<double>(examples);
  return counts;
}

std::vector<Reading> error(const ExperimentRun& run) {
  const at::NoGradGuard no_gradient;
  if (!run.batch.labels.defined()) return no_taylor_error("the inputs have no labels: there is no error");
  if (run.network().outputs().size() != 1) return no_taylor_error("several outputs: labels belong to one");
  const std::string foreign = foreign_statistics(run.network(), run.batch, run.options);
  if (!foreign.empty()) return no_taylor_error(foreign);
  Wrong wrong;
  try {
    for (const MiniBatch& part : mini_batches(run.network().inputs(), run.batch, run.options))
      add_piece(run, part.examples, wrong);
  } catch (const std::invalid_argument& refused) {
    return no_taylor_error(refused.what());
  }
  if (wrong.remaining.empty()) return no_taylor_error("two inputs or more pass on side by side everywhere");
  if (!wrong.finite) return no_taylor_error(kNotFinite);
  return {curve_reading(kTaylorError, "remaining depth", wrong.remaining,
                        fractions(wrong.expanded, run.batch.examples())),
          curve_reading(kResetName, "remaining depth", wrong.remaining,
                        fractions(wrong.reset, run.batch.examples()))};
}

}  // namespace

ExperimentRecord taylor_error_record() {
  ExperimentRecord record;
  record.name = kTaylorError;
  record.symbol = "Taylor error";
  record.sentence =
      "How well a trained network does whose first layers only act to first order in their weights' changes.";
  record.formula =
      "fraction of wrong labels with f_m(theta_0) + (df_m/dtheta)(theta - theta_0) for the m layers nearest "
      "the input";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "at the full depth the error of the network itself; 1 - 1/classes is chance";
  record.needs = Needs::untrained_weights;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::loss;
  record.undefined_when =
      "no labels, several outputs, an operator without a forward derivative (with its node), or trained "
      "outputs that are not finite";
  record.prediction = "none: it depends on how the weights were trained";
  record.companions = {{kResetName, "The same with those layers put back to their initial weights.",
                        ReadingType::curve, 0, 1, 0, SeedMean::arithmetic}};
  record.run = error;
  return record;
}

}  // namespace shatterproof
