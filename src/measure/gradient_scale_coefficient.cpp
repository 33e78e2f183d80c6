// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_scale_coefficient.h"

#include <limits>

#include "measure/layer_scales.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientScaleCoefficient = "gradient_scale_coefficient";

Outcome coefficient(const LayerScale& layer, const LayerScale& output) {
  const double probes = output.gradients.squares / static_cast<double>(output.gradients.entries);
  return scale_coefficient(layer, probes, output.values.squares);
}

LayerScale scale_of(const at::Tensor& values, const at::Tensor& gradients) {
  LayerScale scale;
  scale.values.add(values);
  scale.gradients.add(gradients);
  return scale;
}

class GradientScaleCoefficient : public Measurement {
 public:
  explicit GradientScaleCoefficient(MeasurementOptions options) : scales_{std::move(options), {}, {}} {}

  bool wants_forward(const Tap& tap) const override { return scales_.wants(tap); }
  bool wants_backward(const Tap& tap) const override { return scales_.wants(tap); }
  void observe(const ForwardTap& tap) override { scales_.add(tap); }
  void observe(const BackwardTap& tap) override { scales_.add(tap); }

  std::vector<Reading> readings() const override {
    const LayerScale output = scales_.output();
    if (output.gradients.entries == 0)
      return {undefined_reading(kGradientScaleCoefficient, ReadingType::curve, kNoOutput)};
    return {depth_curve(kGradientScaleCoefficient, scales_.layers, kNoLayer,
                        [&](const LayerScale& layer) { return coefficient(layer, output); })};
  }

 private:
  LayerScales scales_;
};

}  // namespace

Reading gradient_scale_coefficient(const at::Tensor& values, const at::Tensor& gradients,
                                   const at::Tensor& outputs, const at::Tensor& output_gradients) {
  return scalar_of(kGradientScaleCoefficient,
                   coefficient(scale_of(values, gradients), scale_of(outputs, output_gradients)));
}

MeasurementRecord gradient_scale_coefficient_record() {
  MeasurementRecord record;
  record.name = kGradientScaleCoefficient;
  record.symbol = "GSC";
  record.sentence =
      "By how much a relative change of what a layer makes is amplified on its way to the output.";
  record.formula =
      "||J||_qm ||f_k|| / ||f||, J = df/df_k, ||J||_qm = ||J||_F / sqrt(columns), quadratic means over b";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1 at the output, and everywhere in a network of orthogonal linear maps";
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when = "no linear layer, outputs that are all zero, or a number that is not finite";
  record.prediction = "gradient_scale_coefficient";
  record.over_seeds = SeedMean::geometric;
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientScaleCoefficient>(options);
  };
  return record;
}

}  // namespace shatterproof
