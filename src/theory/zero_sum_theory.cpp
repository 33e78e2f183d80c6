// SPDX-License-Identifier: Apache-2.0
// Batch statistics differentiated through: gradients of a batch sum to zero.
#include "shatterproof/theory/feedforward.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

std::vector<Prediction> predict_zero_sum(const Setting& setting, std::string_view) {
  const bool is_centred = setting.norm == "center" || setting.norm == "batch";
  const bool is_feedforward = setting.family == "feedforward" && setting.count == "rectifier";
  if (!is_feedforward || !is_centred || setting.batch_norm != "attached" || setting.crelu) return {};
  const double all = zero_sum_correlation(static_cast<int>(setting.examples));
  // Behind the last norm the readout gives every example the same gradient.
  return correlations(setting, [&](const GradientTap& tap) { return tap.blocks == setting.depth ? 1 : all; });
}

}  // namespace

TheoryRecord zero_sum_theory() {
  TheoryRecord record;
  record.name = "zero_sum";
  record.sentence = "Centring that is differentiated through makes the gradients of a batch sum to zero.";
  record.formula = "R = -1/(B - 1) before the last norm, 1 behind it";
  record.reference = "derived";
  record.assumes =
      "nothing of weights, width or inputs; it is not the theorems' R, for which statistics are held";
  record.settings = "feedforward networks with batch norm or mean-centring, statistics attached";
  record.predicts = {"gradient_correlation"};
  record.predict = predict_zero_sum;
  return record;
}

}  // namespace shatterproof
