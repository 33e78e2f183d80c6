// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/law.h"

#include <vector>

namespace shatterproof {
namespace {

using enum Distribution;

// Of a Gaussian without what lies beyond two standard deviations.
constexpr double kTruncatedVariance = .7737413;

template <int Numerator, int Denominator>
double over_fan_in(const Fan& fan) {
  return static_cast<double>(Numerator) / (Denominator * fan.in);
}
template <int Numerator>
double over_fan_out(const Fan& fan) {
  return Numerator / fan.out;
}
double over_both_fans(const Fan& fan) {
  return 2 / (fan.in + fan.out);
}
// Of a standard deviation in thousandths.
template <int Thousandths>
double squared(const Fan&) {
  return Thousandths * 1e-3 * (Thousandths * 1e-3);
}
template <int Thousandths>
double squared_and_truncated(const Fan&) {
  return kTruncatedVariance * Thousandths * 1e-3 * (Thousandths * 1e-3);
}
// Of a uniform number between minus and plus the bound.
template <int Thousandths>
double bounded(const Fan&) {
  return Thousandths * 1e-3 * (Thousandths * 1e-3) / 3;
}
double of_the_unit_interval(const Fan&) {
  return 1. / 12;
}
}  // namespace

std::string_view to_string(Distribution distribution) {
  switch (distribution) {
    case constant:
      return "constant";
    case flat:
      return "uniform";
    case truncated_gaussian:
      return "truncated Gaussian";
    case gaussian:
      return "Gaussian";
    case other:
      return "no distribution we know";
  }
  return "";
}

std::span<const LawRecord> laws() {
  static const std::vector<LawRecord> table = {
      {"pytorch", "PyTorch's default weights (uniform, variance 1/(3 fan_in))", flat, over_fan_in<1, 3>},
      {"he_normal", "He's weights (Gaussian, variance 2/fan_in)", gaussian, over_fan_in<2, 1>},
      {"he_uniform", "He's weights (uniform, variance 2/fan_in)", flat, over_fan_in<2, 1>},
      {"he_truncated", "He's weights (truncated Gaussian, variance 2/fan_in)", truncated_gaussian,
       over_fan_in<2, 1>},
      {"he_normal_fan_out", "He's weights for gradients (Gaussian, variance 2/fan_out)", gaussian,
       over_fan_out<2>},
      {"he_uniform_fan_out", "He's weights for gradients (uniform, variance 2/fan_out)", flat,
       over_fan_out<2>},
      {"glorot_uniform", "Glorot's weights, Keras's default (uniform, variance 2/(fan_in + fan_out))", flat,
       over_both_fans},
      {"glorot_normal", "Glorot's weights (Gaussian, variance 2/(fan_in + fan_out))", gaussian,
       over_both_fans},
      {"glorot_truncated", "Glorot's weights (truncated Gaussian, variance 2/(fan_in + fan_out))",
       truncated_gaussian, over_both_fans},
      {"lecun_normal", "LeCun's weights (Gaussian, variance 1/fan_in)", gaussian, over_fan_in<1, 1>},
      {"lecun_uniform", "LeCun's weights (uniform, variance 1/fan_in)", flat, over_fan_in<1, 1>},
      {"lecun_truncated", "LeCun's weights, Flax's default (truncated Gaussian, variance 1/fan_in)",
       truncated_gaussian, over_fan_in<1, 1>},
      {"gaussian_0.02", "N(0, .02^2), as GPT, BERT and DCGAN have it", gaussian, squared<20>, 0, false},
      {"truncated_0.02", "N(0, .02^2) truncated at two standard deviations", truncated_gaussian,
       squared_and_truncated<20>, 0, false},
      {"gaussian_1", "N(0, 1)", gaussian, squared<1000>, 0, false},
      {"gaussian_0.1", "N(0, .1^2)", gaussian, squared<100>, 0, false},
      {"gaussian_0.05", "N(0, .05^2)", gaussian, squared<50>, 0, false},
      {"gaussian_0.01", "N(0, .01^2)", gaussian, squared<10>, 0, false},
      {"gaussian_0.001", "N(0, .001^2)", gaussian, squared<1>, 0, false},
      {"truncated_1", "N(0, 1) truncated at two standard deviations", truncated_gaussian,
       squared_and_truncated<1000>, 0, false},
      {"truncated_0.1", "N(0, .1^2) truncated at two standard deviations", truncated_gaussian,
       squared_and_truncated<100>, 0, false},
      {"truncated_0.05", "N(0, .05^2) truncated at two standard deviations", truncated_gaussian,
       squared_and_truncated<50>, 0, false},
      {"truncated_0.01", "N(0, .01^2) truncated at two standard deviations", truncated_gaussian,
       squared_and_truncated<10>, 0, false},
      {"uniform_0.01", "uniform between -.01 and .01", flat, bounded<10>, 0, false},
      {"uniform_0.05", "uniform between -.05 and .05", flat, bounded<50>, 0, false},
      {"uniform_0.1", "uniform between -.1 and .1", flat, bounded<100>, 0, false},
      {"uniform_1", "uniform between -1 and 1", flat, bounded<1000>, 0, false},
      {"unit_interval", "uniform between 0 and 1: all positive", flat, of_the_unit_interval, .5, false},
  };
  return table;
}

const LawRecord* find_law(std::string_view name) {
  for (const LawRecord& law : laws()) {
    if (law.name == name) return &law;
  }
  return nullptr;
}

}  // namespace shatterproof
