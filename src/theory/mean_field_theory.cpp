// SPDX-License-Identifier: Apache-2.0
// Growth, dilution and nonlinearity by mean field, in the setting of a network.
#include <cmath>

#include "shatterproof/theory/growth.h"
#include "theory/axes.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

// One output scatters by itself; from 10 on by less than 5 %.
constexpr int64_t kFewestOutputs = 10;
// Corrections in 1/B and depth/width that the formula lacks pile up: at 50 linear maps it is twice too large.
constexpr double kMostLayersWithBatchNorm = 9;
constexpr double kRounding = 1e-6;

bool is_gaussian(const Setting& setting) {
  return setting.initializer != "orthogonal";
}

bool has_skips(const Setting& setting) {
  return setting.family == "residual" || setting.family == "highway";
}

bool is_covered(const Setting& setting) {
  const bool drawn = setting.initializer == "he" || setting.initializer == "lecun" || !is_gaussian(setting);
  const bool branches = setting.alpha != 0 && setting.beta != 0 && setting.gamma2 != 0;
  return (setting.family == "feedforward" || has_skips(setting)) && runs_on_vectors(setting) && drawn &&
         branches && !setting.crelu && setting.norm != "center" && setting.hidden_bias_std == 0;
}

bool is_linear(const Nonlinearity& phi) {
  const LayerMoments moments = layer_moments(phi, 1);
  return moments.slope_square - moments.mean_slope * moments.mean_slope < kRounding;
}

double weight_variance(const Setting& setting, const Nonlinearity& phi) {
  if (setting.initializer == "lecun") return 1;
  const bool rectifies = phi.name == "relu" || phi.name == "prelu" || phi.name == "leaky_relu";
  return setting.initializer == "he" || rectifies ? 2 : 1;
}

// Blocks of the family, and a last layer where linear maps are counted.
std::vector<ScaleBlock> blocks_of(const Setting& setting) {
  const bool ends_linear = setting.count == "linear";
  ScaleBlock block = {0, 1, 1};
  if (setting.family == "residual") {
    block = {setting.alpha, setting.alpha * setting.beta, setting.layers_per_block};
  }
  if (setting.family == "highway") block = {setting.gamma1, setting.gamma2, 1};
  const int64_t layers = setting.depth - (ends_linear ? 2 : 0);
  std::vector<ScaleBlock> blocks(static_cast<size_t>(layers / block.layers), block);
  if (ends_linear) blocks.push_back({0, 1, 1});
  return blocks;
}

// The rate stays the same from layer to layer, or comes to.
bool has_rate(const Nonlinearity& phi, double variance) {
  const bool homogeneous = std::abs(layer_growth(phi, 4) - layer_growth(phi, 1)) < kRounding;
  return homogeneous || fixed_length(phi, {variance, 0}).has_value();
}

// 1/n where the floor of finite width was seen: not with batch norm, not where signals become linear.
double floor_per_layer(const Setting& setting, const ScaleStack& stack) {
  if (!is_gaussian(setting) || setting.norm == "batch" || is_linear(stack.phi)) return 0;
  const bool plain = setting.norm == "none";
  if (plain && !has_rate(stack.phi, stack.weight_variance)) return 0;
  return 1 / static_cast<double>(setting.width);
}

ScaleStack stack_of(const Setting& setting) {
  ScaleStack stack;
  stack.blocks = blocks_of(setting);
  if (setting.norm == "layer") stack.norm = ScaleStack::Norm::layer;
  if (setting.norm == "batch") stack.norm = ScaleStack::Norm::batch;
  stack.phi = nonlinearity_of(setting.activation, setting.slope);
  stack.weight_variance = weight_variance(setting, stack.phi);
  return stack;
}

// Layers, each counted by the part of it that its skip leaves.
double undiluted_layers(const ScaleStack& stack, const std::vector<BlockScale>& scales) {
  double layers = 0;
  for (size_t b = 0; b < scales.size(); ++b) {
    layers += static_cast<double>(stack.blocks[b].layers) / (1 + scales[b].dilution * scales[b].dilution);
  }
  return layers;
}

bool has_mean(const Nonlinearity& phi, double q) {
  return std::abs(layer_moments(phi, q).mean) > kRounding;
}

// Without a norm and without a lasting rate, signals of a nonlinearity with a mean come to be the same for
// all inputs while they fade: what is left of the rate is not seen in networks.
bool fades_with_a_mean(const Setting& setting, const ScaleStack& stack) {
  return setting.norm == "none" && has_mean(stack.phi, 1) && !has_rate(stack.phi, stack.weight_variance);
}

// Independent inputs stay uncorrelated: the nonlinearity has no mean, wherever the length of signals goes.
bool keeps_inputs_apart(const Setting& setting, const ScaleStack& stack) {
  if (setting.norm == "batch") return true;
  if (has_mean(stack.phi, 1)) return false;
  const bool self_normalizing =
      setting.family == "feedforward" &&
      std::abs(length_map(stack.phi, {stack.weight_variance, 0}, 1) - 1) < kRounding;
  return setting.norm == "layer" || self_normalizing || !has_mean(stack.phi, 4);
}

Prediction dilution(const Setting& setting, const ScaleStack& stack) {
  Prediction curve = curve_prediction("dilution", "depth", {}, {});
  double depth = 0;
  const std::vector<BlockScale> scales = follow_scales(stack);
  for (size_t b = 0; b < scales.size(); ++b) {
    depth += static_cast<double>(stack.blocks[b].layers);
    if (stack.blocks[b].skip == 0) continue;
    curve.x.push_back(depth);
    curve.values.push_back(scales[b].dilution);
  }
  curve.assumes = "infinite width; inputs of unit mean square";
  if (setting.family == "residual" && setting.norm != "none") curve.assumes += "; k_b grows like sqrt(b)";
  return curve;
}

// Of the sum of each block over what enters the first one as its skip.
Prediction residual_stream(const ScaleStack& stack) {
  Prediction curve = curve_prediction("residual_stream", "depth", {}, {});
  double depth = 0, square = 1;
  const std::vector<BlockScale> scales = follow_scales(stack);
  for (size_t b = 0; b < scales.size(); ++b) {
    const ScaleBlock& block = stack.blocks[b];
    depth += static_cast<double>(block.layers);
    if (block.skip == 0) continue;
    if (!curve.x.empty()) square *= block.skip * block.skip;
    square *= 1 + 1 / (scales[b].dilution * scales[b].dilution);
    curve.x.push_back(depth);
    curve.values.push_back(std::sqrt(square));
  }
  curve.assumes = "infinite width; inputs of unit mean square; branches orthogonal to skips";
  return curve;
}

// A number at the first linear map, at every sum or map after it, and 1 at the output; depth counts the
// nonlinearities up to there.
Prediction scale_coefficient(const ScaleStack& stack, const std::vector<BlockScale>& scales) {
  std::vector<double> depth = {0}, values(scales.size() + 1, 1);
  for (const ScaleBlock& block : stack.blocks) {
    depth.push_back(depth.back() + static_cast<double>(block.layers));
  }
  for (size_t b = scales.size(); b-- > 0;) values[b] = values[b + 1] * scales[b].growth;
  return curve_prediction("gradient_scale_coefficient", "depth", std::move(depth), std::move(values));
}

Prediction nonlinearity_coefficient(const std::vector<BlockScale>& scales) {
  double coefficient = 1;
  for (const BlockScale& scale : scales) coefficient *= scale.nonlinearity;
  return scalar_prediction("nonlinearity_coefficient", coefficient);
}

std::string assumption(const Setting& setting, const ScaleStack& stack) {
  std::string text = "independent inputs; geometric mean over networks; infinite width";
  if (stack.inverse_width > 0) text += ", and the floor exp(1/2 sum 1/n_j) of Gaussian weights";
  if (setting.norm == "batch") return text + " and batch: corrections in 1/B and depth/width left out";
  const bool left_out = is_gaussian(setting) && stack.inverse_width == 0 && !is_linear(stack.phi);
  return left_out ? text + ": signals become linear, and the floor of Gaussian weights loses force" : text;
}

std::vector<Prediction> predict_mean_field(const Setting& setting, std::string_view measurement) {
  if (!is_covered(setting)) return {};
  ScaleStack stack = stack_of(setting);
  if (measurement == "dilution" || measurement == "residual_stream") {
    if (!has_skips(setting) || (setting.family == "highway" && setting.gamma1 == 0)) return {};
    return {measurement == "dilution" ? dilution(setting, stack) : residual_stream(stack)};
  }
  if (setting.count != "linear" || setting.output < kFewestOutputs) return {};
  if (is_linear(stack.phi) && setting.norm != "none") return {};
  if (fades_with_a_mean(setting, stack)) return {};
  stack.inverse_width = floor_per_layer(setting, stack);
  const std::vector<BlockScale> scales = follow_scales(stack);
  if (setting.norm == "batch" && undiluted_layers(stack, scales) > kMostLayersWithBatchNorm + kRounding) {
    return {};
  }
  const bool is_scale = measurement == "gradient_scale_coefficient";
  if (!is_scale && !keeps_inputs_apart(setting, stack)) return {};
  Prediction prediction = is_scale ? scale_coefficient(stack, scales) : nonlinearity_coefficient(scales);
  prediction.assumes = assumption(setting, stack);
  return {prediction};
}

}  // namespace

TheoryRecord mean_field_theory() {
  TheoryRecord record;
  record.name = "mean_field";
  record.sentence = "What one layer multiplies the scale of gradients by, and what a skip leaves of that.";
  record.formula =
      "r = sqrt(E phi'^2 q / E phi^2), with batch norm sqrt(E phi'^2 / Var phi); GSC = prod r exp(1/2 sum "
      "1/n_j); beside a skip sqrt(1 + (r^2 - 1)/(k^2 + 1)), k ~ sqrt(b); NLC = prod sqrt(E phi'^2 Var z / "
      "Var phi)";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained; Poole et al. "
      "2016; Hanin 2018";
  record.assumes = "infinite width, independent Gaussian inputs of unit variance";
  record.settings =
      "vector inputs, he, lecun or orthogonal weights, without a norm or with layer or batch norm: dilution "
      "and "
      "residual_stream of residual and highway networks; gradient_scale_coefficient and "
      "nonlinearity_coefficient of "
      "networks that count linear maps (count=linear) and have 10 or more outputs. With batch norm up to 10 "
      "linear maps (more beside skips that dilute them): corrections in 1/B and depth/width that the formula "
      "lacks make it about twice too large at 50. nonlinearity_coefficient with batch norm or where the "
      "nonlinearity has no mean: otherwise inputs grow alike, and it depends on how networks are averaged. "
      "Not "
      "without a norm where signals fade and have a mean, as of gelu with he weights";
  record.predicts = {"gradient_scale_coefficient", "dilution", "residual_stream", "nonlinearity_coefficient"};
  record.predict = predict_mean_field;
  return record;
}

}  // namespace shatterproof
