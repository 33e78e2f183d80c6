// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_autocorrelation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "measure/path_gradients.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientAutocorrelation = "gradient_autocorrelation";
constexpr int64_t kLags = 15;
constexpr int64_t kMostLags = 1'000'000;

Reading no_gradient_autocorrelation(const char* reason) {
  return undefined_reading(kGradientAutocorrelation, ReadingType::curve, reason);
}

// Column blocks bound the doubled copy; rows of a block lie one after the other, so a lag is one shifted dot
// product.
Reading autocorrelation(const at::Tensor& series, int64_t lags) {
  constexpr int64_t kColumns = 4096;
  const int64_t points = series.size(0);
  if (points < 2) return no_gradient_autocorrelation(kOneExample);
  lags = std::min(lags, points - 1);
  std::vector<double> products(static_cast<size_t>(lags) + 1), lag_axis;
  double squares = 0;  // uncentred: the size a constant gradient is judged against
  for (int64_t first = 0; first < series.size(1); first += kColumns) {
    const int64_t columns = std::min(kColumns, series.size(1) - first);
    const at::Tensor block = series.narrow(1, first, columns).to(at::kDouble);
    squares += block.square().sum().item<double>();
    const at::Tensor centred = (block - block.mean(0, true)).contiguous().flatten();
    for (int64_t k = 0; k <= lags; ++k) {
      const int64_t length = (points - k) * columns;
      products[static_cast<size_t>(k)] +=
          centred.narrow(0, 0, length).dot(centred.narrow(0, k * columns, length)).item<double>();
    }
  }
  const double constant = constant_within(series.scalar_type());
  const double total = products[0];
  if (!std::isfinite(squares)) return no_gradient_autocorrelation(kNotFinite);
  if (squares == 0) return no_gradient_autocorrelation(kZeroGradient);
  if (total <= constant * constant * squares)
    return no_gradient_autocorrelation("gradient is constant along the inputs");
  for (int64_t k = 0; k <= lags; ++k) lag_axis.push_back(static_cast<double>(k));
  for (double& product : products) product /= total;
  return curve_reading(kGradientAutocorrelation, "lag", std::move(lag_axis), std::move(products));
}

class GradientAutocorrelation : public PathGradients {
 public:
  explicit GradientAutocorrelation(const MeasurementOptions& options)
      : PathGradients(options), lags_(options.spec.count("lags", kLags, 1, kMostLags)) {}

 private:
  Reading reduce(const at::Tensor& series) const override { return autocorrelation(series, lags_); }
  Reading without(const char* reason) const override { return no_gradient_autocorrelation(reason); }

  int64_t lags_;
};

}  // namespace

Reading gradient_autocorrelation(const at::Tensor& series, int64_t lags) {
  if (lags < 1) reject(kGradientAutocorrelation, "lags must be at least 1", std::to_string(lags));
  if (series.dim() == 0) reject(kGradientAutocorrelation, "a series has at least one axis", "a number");
  return autocorrelation(series.reshape({series.size(0), -1}), lags);
}

MeasurementRecord gradient_autocorrelation_record() {
  MeasurementRecord record;
  record.name = kGradientAutocorrelation;
  record.symbol = "rho(k)";
  record.sentence = "How far along ordered inputs the gradient remembers itself.";
  record.formula = "rho(k) = sum_m <g_m - mean, g_{m+k} - mean> / sum_m ||g_m - mean||^2";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 2";
  record.type = ReadingType::curve;
  record.least = -1;
  record.most = 1;
  record.range_note =
      "1 at lag 0; white noise has -1/(M - 1) at every other lag, brown noise falls slowly from 1";
  record.along_path = true;
  record.order_invariant = false;
  record.undefined_when =
      "inputs without an order, one example, a gradient that is constant on them, or a number that is not "
      "finite";
  record.prediction = "gradient_autocorrelation";
  record.options = {{"lags", std::to_string(kLags), "how many lags the curve has"}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientAutocorrelation>(options);
  };
  return record;
}

}  // namespace shatterproof
