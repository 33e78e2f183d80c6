// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_trace.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/tap_series.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientTrace = "gradient_trace";

Reading trace_of_numbers(const at::Tensor& inputs, const at::Tensor& gradients) {
  const at::Tensor x = inputs.to(at::kDouble).flatten().contiguous();
  const at::Tensor g = gradients.to(at::kDouble).flatten().contiguous();
  const double* first = x.data_ptr<double>();
  const double* value = g.data_ptr<double>();
  return curve_reading(kGradientTrace, "input", {first, first + x.numel()}, {value, value + g.numel()});
}

// Row by row: a path through images is too large to double in precision at once.
Reading trace_along_path(const at::Tensor& inputs, const at::Tensor& gradients) {
  const int64_t points = inputs.size(0);
  std::vector<double> distance(1, 0.0), trace;
  std::vector<int64_t> still;  // leading points that have no direction yet
  at::Tensor direction;
  for (int64_t m = 0; m < points; ++m) {
    if (m + 1 < points) {
      const at::Tensor step = inputs[m + 1].to(at::kDouble) - inputs[m].to(at::kDouble);
      const double length = step.norm().item<double>();
      distance.push_back(distance.back() + length);
      if (length > 0) direction = step / length;
    }
    if (!direction.defined()) {
      still.push_back(m);
      trace.push_back(0);
    } else {
      trace.push_back(gradients[m].to(at::kDouble).dot(direction).item<double>());
      for (const int64_t early : still) {
        trace[static_cast<size_t>(early)] = gradients[early].to(at::kDouble).dot(direction).item<double>();
      }
      still.clear();
    }
  }
  if (!direction.defined())
    return undefined_reading(kGradientTrace, ReadingType::curve, "inputs do not move along the path");
  for (double& position : distance) position /= distance.back();
  return curve_reading(kGradientTrace, "position", std::move(distance), std::move(trace));
}

Reading no_gradient_trace(const char* reason) {
  return undefined_reading(kGradientTrace, ReadingType::curve, reason);
}

class GradientTrace : public Measurement {
 public:
  explicit GradientTrace(MeasurementOptions options) : options_(std::move(options)) {}

  void begin(const RunContext& context) override {
    Measurement::begin(context);
    values_.begin(context.examples);
    gradients_.begin(context.examples);
  }
  bool wants_forward(const Tap& tap) const override {
    return context_.along_path && in_series(tap, options_);
  }
  bool wants_backward(const Tap& tap) const override {
    return context_.along_path && in_series(tap, options_);
  }
  void observe(const ForwardTap& tap) override { values_.add(tap.tap, tap.output, tap.first_example); }
  void observe(const BackwardTap& tap) override { gradients_.add(tap.tap, tap.gradient, tap.first_example); }

  std::vector<Reading> readings() const override { return {gradients_.placed(trace())}; }

 private:
  Reading trace() const {
    if (!context_.along_path) return no_gradient_trace(kNotAlongPath);
    if (gradients_.empty() || values_.empty()) return no_gradient_trace(kNoGradientTap);
    return gradient_trace(values_.joined(), gradients_.joined());
  }

  MeasurementOptions options_;
  TapSeries values_, gradients_;
};

}  // namespace

Reading gradient_trace(const at::Tensor& inputs, const at::Tensor& gradients) {
  const at::Tensor x = as_rows(inputs.to(at::kCPU)), g = as_rows(gradients.to(at::kCPU));
  check_columns(x.size(1), g.size(1));
  if (x.size(0) < 2) return no_gradient_trace(kOneExample);
  if (!x.isfinite().all().item<bool>() || !g.isfinite().all().item<bool>())
    return no_gradient_trace(kNotFinite);
  return x.size(1) == 1 ? trace_of_numbers(x, g) : trace_along_path(x, g);
}

MeasurementRecord gradient_trace_record() {
  MeasurementRecord record;
  record.name = kGradientTrace;
  record.symbol = "g(x)";
  record.sentence =
      "The gradient along ordered inputs: the picture that shows whether it is smooth or noise.";
  record.formula = "g_m at x_m; for vector inputs <g_m, u_m>, u_m the unit vector from x_m to x_{m+1}";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 1";
  record.type = ReadingType::curve;
  record.least = -std::numeric_limits<double>::infinity();
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "any number; only its shape matters, the scale is the functional's";
  record.gradient_degree = 1;
  record.along_path = true;
  record.order_invariant = false;
  record.undefined_when =
      "inputs without an order, one example, a path that does not move, or a number that is not finite";
  record.prediction =
      "none: a trace is one draw of a random function; its autocorrelation is what theory speaks of";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientTrace>(options);
  };
  return record;
}

}  // namespace shatterproof
