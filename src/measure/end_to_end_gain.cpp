// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/end_to_end_gain.h"

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/layer_scales.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kEndToEndGain = "end_to_end_gain";

// `outputs`: the gradient where it starts, which is the probes.
Outcome gain_of(const PerTap<ColumnMoments>& inputs, const PerTap<SquareSum>& gradients,
                const PerTap<SquareSum>& outputs) {
  if (gradients.empty() || inputs.empty()) return {.undefined = kNoGradientTap};
  if (outputs.empty()) return {.undefined = kNoOutput};
  double probe_squares = 0, probes = 0;
  for (const auto& [order, row] : outputs.rows()) {
    probe_squares += row.state.squares;
    probes += static_cast<double>(row.state.entries);
  }
  double squares = 0, entries = 0, variances = 0, numbers = 0;
  for (const auto& [order, row] : gradients.rows()) {
    squares += row.state.squares;
    entries += static_cast<double>(row.state.entries);
  }
  for (const auto& [order, row] : inputs.rows()) {
    if (row.state.rows < 2) return {.undefined = kOneExample};
    numbers += static_cast<double>(row.state.sums.size());
    for (size_t i = 0; i < row.state.sums.size(); ++i) variances += row.state.variance(i);
  }
  if (!std::isfinite(squares + probe_squares + variances)) return {.undefined = kNotFinite};
  if (probe_squares == 0) return {.undefined = kZeroGradient};
  if (variances == 0) return {.undefined = "inputs do not vary from example to example"};
  return {std::sqrt(squares / entries / (probe_squares / probes)) * std::sqrt(variances / numbers)};
}

class EndToEndGain : public Measurement {
 public:
  bool wants_forward(const Tap& tap) const override { return tap.kind == TapKind::input; }
  bool wants_backward(const Tap& tap) const override {
    return tap.kind == TapKind::input || tap.kind == TapKind::output;
  }
  void observe(const ForwardTap& tap) override { inputs_.at(tap.tap).add(tap.output); }
  void observe(const BackwardTap& tap) override {
    (tap.tap.kind == TapKind::input ? gradients_ : outputs_).at(tap.tap).add(tap.gradient);
  }

  std::vector<Reading> readings() const override {
    return {scalar_of(kEndToEndGain, gain_of(inputs_, gradients_, outputs_))};
  }

 private:
  PerTap<ColumnMoments> inputs_;
  PerTap<SquareSum> gradients_, outputs_;
};

}  // namespace

Reading end_to_end_gain(const at::Tensor& inputs, const at::Tensor& gradients,
                        const at::Tensor& output_gradients) {
  PerTap<ColumnMoments> of_inputs;
  PerTap<SquareSum> of_gradients, of_outputs;
  of_outputs.at({}).add(output_gradients);
  of_inputs.at({}).add(inputs);
  of_gradients.at({}).add(gradients);
  return scalar_of(kEndToEndGain, gain_of(of_inputs, of_gradients, of_outputs));
}

MeasurementRecord end_to_end_gain_record() {
  MeasurementRecord record;
  record.name = kEndToEndGain;
  record.symbol = "gain";
  record.sentence = "By how much the network as a whole stretches the variation of its inputs.";
  record.formula =
      "sqrt(mean_b ||g_b||^2 / d_in / (mean_b ||v_b||^2 / d_out)) std(x), v_b: the probe of the outputs, "
      "std(x)^2 = "
      "mean over input numbers of their variance";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 3";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "near sqrt(outputs / inputs) in a well-scaled network; 0 when no output depends on the input";
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when =
      "one example, inputs that do not vary, a gradient of zero at the outputs, or a number that is not "
      "finite";
  record.prediction =
      "none here: it is the product of all weight scales, which initialization fixes and training moves";
  record.make = [](const MeasurementOptions&) -> std::unique_ptr<Measurement> {
    return std::make_unique<EndToEndGain>();
  };
  return record;
}

}  // namespace shatterproof
