// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/pseudo_linearity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kPseudoLinearity = "pseudo_linearity";

// Moments of what enters and what leaves each unit, and of both together.
struct Regression {
  ColumnMoments entering, leaving;
  std::vector<double> products;  // about the same shifts

  void add(const at::Tensor& inputs, const at::Tensor& outputs) {
    entering.add(inputs);
    leaving.add(outputs);
    const at::Tensor x = as_rows(inputs), y = as_rows(outputs);
    check_columns(x.size(1), y.size(1));
    products.resize(entering.sums.size());
    const at::Tensor sums = (about(x, entering.shift) * about(y, leaving.shift)).sum(0).contiguous();
    for (size_t unit = 0; unit < products.size(); ++unit) products[unit] += sums.data_ptr<double>()[unit];
  }

  // 1 - R^2 of one unit.
  double unexplained(size_t unit) const {
    const auto n = static_cast<double>(entering.rows);
    const double x = entering.variance(unit), y = leaving.variance(unit);
    const double both = products[unit] / n - entering.sums[unit] / n * (leaving.sums[unit] / n);
    if (x == 0 || y == 0) return 0;
    return std::max(0.0, 1 - both / x * (both / y));
  }

 private:
  static at::Tensor about(const at::Tensor& rows, std::vector<double>& shift) {
    return rows.to(at::kCPU, at::kDouble) - at::from_blob(shift.data(), {rows.size(1)}, at::kDouble);
  }
};

Outcome mean_unexplained(const Regression& regression) {
  if (regression.entering.rows < 3) return {.undefined = "a line goes through one or two examples"};
  if (regression.products.empty()) return {.undefined = "the layer has no units"};
  double sum = 0, sizes = 0;
  for (size_t unit = 0; unit < regression.products.size(); ++unit) {
    sum += regression.unexplained(unit);
    sizes += regression.entering.variance(unit) + regression.leaving.variance(unit);
  }
  if (!std::isfinite(sizes) || !std::isfinite(sum)) return {.undefined = kNotFinite};
  return {sum / static_cast<double>(regression.products.size())};
}

class PseudoLinearity : public Measurement {
 public:
  explicit PseudoLinearity(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override { return switches_units(tap, options_); }
  void observe(const ForwardTap& tap) override { table_.at(tap.tap).add(tap.inputs[0], tap.output); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    return {depth_curve(kPseudoLinearity, table_, kNoRectifier, mean_unexplained)};
  }

 private:
  MeasurementOptions options_;
  PerTap<Regression> table_;
};

}  // namespace

Reading pseudo_linearity(const at::Tensor& pre_activations, const at::Tensor& activations) {
  Regression regression;
  regression.add(pre_activations, activations);
  return scalar_of(kPseudoLinearity, mean_unexplained(regression));
}

MeasurementRecord pseudo_linearity_record() {
  MeasurementRecord record;
  record.name = kPseudoLinearity;
  record.symbol = "1 - R^2";
  record.sentence = "What part of a nonlinearity's output a straight line through it leaves unexplained.";
  record.formula = "mean over units of 1 - cov_b(z, phi(z))^2 / (var_b z var_b phi(z))";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 4";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: straight on all that enters; below 1e-2 nearly linear, below 1e-3 pseudo-linear";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "fewer than three examples, no nonlinearity, or a number that is not finite";
  record.prediction = "none: its page gives the values for standard normal pre-activations";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<PseudoLinearity>(options);
  };
  return record;
}

}  // namespace shatterproof
