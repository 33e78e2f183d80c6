// SPDX-License-Identifier: Apache-2.0
#include "experiment/half_precision.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "experiment/exponents.h"
#include "experiment/loss_gradients.h"
#include "measure/per_tap.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr const char* kHalfPrecision = "half_precision";
constexpr const char* kHeadroomName = "half_headroom";
constexpr const char* kSubnormalName = "half_subnormal";
constexpr const char* kGradientName = "half_gradient";
constexpr const char* kWeightName = "half_gradient_of_weights";
constexpr const char* kScaleName = "half_loss_scale";
constexpr const char* kLeastScaleName = "half_loss_scale_least";
constexpr const char* kNoNumber = "no tensor of floating-point numbers was seen";
constexpr const char* kOfTokens = "tokens have labels: gradients are read at weights";
constexpr const char* kNoGradient = "no gradient of the loss arrives there";
// Of the gradient's numbers that may be lost.
constexpr double kMayBeLost = .01;
constexpr int kMostPower = 256;

HalfType type_of(const Spec& spec) {
  return half_type(spec.word("type", "float16"), kHalfPrecision);
}

Outcome outcome(const Exponents& of, double value) {
  if (!of.is_finite) return {.undefined = kNotFinite};
  if (of.numbers == 0) return {.undefined = kNoNumber};
  return {value};
}

Outcome lost(const Exponents& of) {
  return outcome(of, of.overflow() + of.underflow());
}
Outcome subnormal(const Exponents& of) {
  return outcome(of, of.subnormal());
}
Outcome headroom(const Exponents& of) {
  return outcome(of, of.type.most / of.largest);
}

// Tensors of zeros have all the room there is, and no number for it.
PerTap<Exponents> with_numbers(const PerTap<Exponents>& table) {
  PerTap<Exponents> kept;
  for (const auto& [order, row] : table.rows()) {
    if (row.state.largest > 0 || !row.state.is_finite) kept.at(row.tap) = row.state;
  }
  return kept;
}

// What passes the taps, or the one that is asked for, and the gradient of the mean loss there. Scales rest on
// the gradients of all taps whichever is asked for.
class Sizes : public Observer {
 public:
  Sizes(const HalfType& type, const MeasurementOptions& options, int64_t examples)
      : type_(type), options_(options), factor_(1 / static_cast<double>(examples)) {}

  bool wants_forward(const Tap& tap) const override {
    return options_.tap.empty() || tap.name == options_.tap;
  }
  bool wants_backward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    if (tap.output.is_floating_point()) of(values, tap.tap).add(tap.output);
  }
  void observe(const BackwardTap& tap) override { of(gradients, tap.tap).add(tap.gradient, factor_); }

  PerTap<Exponents> gradients_asked_for() const {
    PerTap<Exponents> kept;
    for (const auto& [order, row] : gradients.rows()) {
      if (wants_forward(row.tap)) kept.at(row.tap) = row.state;
    }
    return kept;
  }

  PerTap<Exponents> values, gradients;

 private:
  Exponents& of(PerTap<Exponents>& table, const Tap& tap) const {
    Exponents& found = table.at(tap);
    found.type = type_;
    return found;
  }

  HalfType type_;
  const MeasurementOptions& options_;
  double factor_;
};

// The least power of two from 1 on with which little of the gradient becomes zero.
Outcome least_scale(const Exponents& all) {
  const double seen = static_cast<double>(all.numbers - all.zeros);
  for (int power = 0; power <= kMostPower; ++power) {
    if (all.below(all.type.zero - power) <= kMayBeLost * seen) return {std::ldexp(1, power)};
  }
  return {.undefined = "gradients are too small for any scale"};
}

std::vector<Reading> scales(const Exponents& all) {
  if (!all.is_finite || all.largest == 0) {
    const char* reason = all.is_finite ? "every gradient is zero" : kNotFinite;
    return {undefined_reading(kScaleName, ReadingType::scalar, reason),
            undefined_reading(kLeastScaleName, ReadingType::scalar, reason)};
  }
  const double room = std::floor(std::log2(std::nextafter(all.type.infinite, 0) / all.largest));
  return {scalar_reading(kScaleName, std::exp2(room)), scalar_of(kLeastScaleName, least_scale(all))};
}

std::vector<Reading> no_gradients(const std::string& reason) {
  return {undefined_reading(kGradientName, ReadingType::curve, reason),
          undefined_reading(kWeightName, ReadingType::curve, reason),
          undefined_reading(kScaleName, ReadingType::scalar, reason),
          undefined_reading(kLeastScaleName, ReadingType::scalar, reason)};
}

std::vector<Reading> of_gradients(const Structure& derived, const HalfType& type, LossGradients& gradients,
                                  const Sizes& sizes, bool of_tokens) {
  Exponents all{.type = type};
  for (const auto& [order, row] : sizes.gradients.rows()) all.add(row.state);
  const std::vector<at::Tensor> found = gradients.of_batch();
  Reading curve = curve_reading(kWeightName, "depth", {}, {});
  for (const Layer& layer : derived.layers) {
    const int64_t place = gradients.place_of(layer.weight);
    if (place < 0) continue;
    Exponents of_layer{.type = type};
    of_layer.add(found[static_cast<size_t>(place)]);
    all.add(of_layer);
    curve.x.push_back(derived.depth[layer.output]);
    curve.x_labels.push_back(layer.name);
    curve.values.push_back(lost(of_layer).value);
  }
  if (!all.is_finite) return no_gradients(kNotFinite);
  std::vector<Reading> readings = {
      depth_curve(kGradientName, sizes.gradients_asked_for(), of_tokens ? kOfTokens : kNoGradient, lost)};
  readings.push_back(curve.values.empty()
                         ? undefined_reading(kWeightName, ReadingType::curve, "no linear layer trains")
                         : std::move(curve));
  for (Reading& reading : scales(all)) readings.push_back(std::move(reading));
  return readings;
}

std::vector<Reading> half_precision(const ExperimentRun& run) {
  const HalfType type = type_of(run.measurement.spec);
  Sizes sizes(type, run.measurement, std::max<int64_t>(1, run.batch.examples()));
  Observer* observer = &sizes;
  LossGradients gradients(run);
  const bool has_gradients = gradients.obstacle().empty();
  const std::optional<Batch> labelled = has_gradients ? gradients.labelled() : std::nullopt;
  if (labelled) {
    run.source.run(*labelled, {&observer, 1}, run.options);
  } else {
    RunOptions forward = run.options;
    forward.functional = {};
    run.source.observe_forward(run.batch, {&observer, 1}, forward);
  }
  std::vector<Reading> readings = {
      depth_curve(kHalfPrecision, sizes.values, kNoNumber, lost),
      depth_curve(kHeadroomName, with_numbers(sizes.values), "every number is zero", headroom),
      depth_curve(kSubnormalName, sizes.values, kNoNumber, subnormal)};
  for (const auto& [order, row] : sizes.values.rows()) {
    if (row.state.is_finite) continue;
    for (Reading& reading : readings) reading = undefined_reading(reading.name, reading.type, kNotFinite);
  }
  for (Reading& reading : has_gradients
                              ? of_gradients(structure(run.graph()), type, gradients, sizes, !labelled)
                              : no_gradients(gradients.obstacle()))
    readings.push_back(std::move(reading));
  return readings;
}

}  // namespace

ExperimentRecord half_precision_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kHalfPrecision;
  record.symbol = "lost";
  record.sentence = "What part of each tensor numbers of 16 bits turn into infinity or zero.";
  record.formula = "share of x_i with |x_i| >= 65520 or 0 < |x_i| < 2^-25 (float16)";
  record.reference = "Micikevicius et al. 2018, Mixed precision training";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: nothing is lost; 1: everything is";
  record.needs = Needs::runs;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::loss;
  record.undefined_when =
      "a number that is not finite; gradients, for several outputs, one number per example, or gradients of "
      "zero";
  record.prediction = "none: it is counted";
  record.companions = {
      {kHeadroomName, "By what factor the largest number of a tensor may grow until it is infinity.",
       ReadingType::curve, 0, kInfinity, 0, SeedMean::geometric},
      {kSubnormalName, "What part of each tensor loses digits or all of itself for being small.",
       ReadingType::curve, 0, 1, 0, SeedMean::arithmetic},
      {kGradientName, "What part of the gradient at each tap is lost without scaling the loss.",
       ReadingType::curve, 0, 1, 0, SeedMean::arithmetic},
      {kWeightName, "The same of the gradient of each layer's weight.", ReadingType::curve, 0, 1, 0,
       SeedMean::arithmetic},
      {kScaleName,
       "The largest power of two that the loss may be multiplied by: no gradient becomes infinity.",
       ReadingType::scalar, 0, kInfinity, 0, SeedMean::geometric},
      {kLeastScaleName, "The least power of two with which at most a hundredth of the gradients is lost.",
       ReadingType::scalar, 1, kInfinity, 0, SeedMean::geometric}};
  record.options = {{"type", "float16", "the numbers of 16 bits: float16 or bfloat16"}};
  record.run = half_precision;
  record.check = [](const Spec& spec) { type_of(spec); };
  return record;
}

}  // namespace shatterproof
