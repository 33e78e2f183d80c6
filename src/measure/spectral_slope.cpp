// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/spectral_slope.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/path_gradients.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/line_fit.h"

namespace shatterproof {
namespace {

constexpr const char* kSpectralSlope = "spectral_slope";
constexpr int64_t kLowest = 2;            // the straight line and the window have taken what lies below
constexpr int64_t kFewest = 12;           // inputs: two frequencies, 2 and 3
constexpr int64_t kColumnsAtOnce = 4096;  // doubled in precision at a time

Reading no_spectral_slope(const char* reason) {
  return undefined_reading(kSpectralSlope, ReadingType::scalar, reason);
}

struct Spectrum {
  double squares = 0;    // of the series
  double remaining = 0;  // of what is left when its straight line is taken off
  at::Tensor power;      // [M/2 + 1], summed over columns
};

Spectrum spectrum_of(const at::Tensor& series) {
  const int64_t points = series.size(0);
  const at::Tensor place = at::arange(points, at::kDouble).unsqueeze(1);
  const at::Tensor centred = place - place.mean();
  const at::Tensor hann = (1 - (place * (2 * M_PI / static_cast<double>(points))).cos()) / 2;
  Spectrum spectrum;
  spectrum.power = at::zeros({points / 2 + 1}, at::kDouble);
  for (int64_t first = 0; first < series.size(1); first += kColumnsAtOnce) {
    const int64_t columns = std::min(kColumnsAtOnce, series.size(1) - first);
    const at::Tensor block = series.narrow(1, first, columns).to(at::kDouble);
    const at::Tensor slope = (centred * block).sum(0, true) / centred.square().sum();
    const at::Tensor rest = block - block.mean(0, true) - centred * slope;
    spectrum.squares += block.square().sum().item<double>();
    spectrum.remaining += rest.square().sum().item<double>();
    spectrum.power += at::fft_rfft(hann * rest, {}, 0).abs().square().sum(1);
  }
  return spectrum;
}

Reading slope_of(const at::Tensor& series) {
  const int64_t points = series.size(0);
  if (points < kFewest) return no_spectral_slope("fewer than 12 examples: a slope needs two frequencies");
  const Spectrum spectrum = spectrum_of(series);
  const double constant = constant_within(series.scalar_type());
  if (!std::isfinite(spectrum.squares)) return no_spectral_slope(kNotFinite);
  if (spectrum.squares == 0) return no_spectral_slope(kZeroGradient);
  if (spectrum.remaining <= constant * constant * spectrum.squares)
    return no_spectral_slope("gradient is a straight line along the inputs");
  const auto power = spectrum.power.accessor<double, 1>();
  std::vector<double> log_frequency, log_power;
  for (int64_t k = kLowest; k <= points / 4; ++k) {
    log_frequency.push_back(std::log(static_cast<double>(k)));
    log_power.push_back(std::log(power[k]));
  }
  const double slope = line_fit(log_frequency, log_power).slope;
  return std::isfinite(slope) ? scalar_reading(kSpectralSlope, slope)
                              : no_spectral_slope("gradient has no power at some frequency");
}

class SpectralSlope : public PathGradients {
 public:
  using PathGradients::PathGradients;

 private:
  Reading reduce(const at::Tensor& series) const override { return slope_of(series); }
  Reading without(const char* reason) const override { return no_spectral_slope(reason); }
};

}  // namespace

Reading spectral_slope(const at::Tensor& series) {
  if (series.dim() == 0) reject(kSpectralSlope, "a series has at least one axis", "a number");
  return slope_of(series.reshape({series.size(0), -1}));
}

MeasurementRecord spectral_slope_record() {
  MeasurementRecord record;
  record.name = kSpectralSlope;
  record.symbol = "slope";
  record.sentence = "Which colour of noise the gradient is along ordered inputs.";
  record.formula =
      "least-squares slope of log power against log frequency, detrended, Hann window, frequencies 2 to M/4";
  record.reference = "after Balduzzi et al. 2017, The Shattered Gradients Problem, figure 1";
  record.type = ReadingType::scalar;
  record.least = -std::numeric_limits<double>::infinity();
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "0: white noise; -1.97: brown noise on 256 points; steeper: smooth";
  record.along_path = true;
  record.order_invariant = false;
  record.undefined_when =
      "inputs without an order, fewer than 12 of them, a gradient that is a straight line on them, or a "
      "number that is not finite";
  record.prediction = "spectral_slope";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<SpectralSlope>(options);
  };
  return record;
}

}  // namespace shatterproof
