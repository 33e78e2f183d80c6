// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/stack.h"

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

bool has_skips(const Setting& setting) {
  return setting.family == "residual" || setting.family == "highway";
}

// The block, and the factor of its skip before `alpha`.
RectifierBlock block_of(const Setting& setting) {
  if (setting.family == "residual") {
    return {setting.alpha, setting.alpha * setting.beta, setting.layers_per_block};
  }
  if (setting.family == "highway") return {setting.gamma1, setting.gamma2, 1};
  return {0, 1, 1};
}

RectifierStack::Norm norm_of(const Setting& setting) {
  if (setting.norm == "batch") return RectifierStack::Norm::batch;
  return setting.norm == "center" ? RectifierStack::Norm::center : RectifierStack::Norm::none;
}

double ratio(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// What the way from the input to the first block makes of the mean square of the gradient's entries.
GradientTap input_tap(const Setting& setting) {
  const double fan = ratio(setting.width, setting.input);
  if (!has_skips(setting)) return {0, 0, setting.input == 1 ? fan / 2 : fan};  // no He weight meets a scalar
  // Sums are read before alpha.
  const double behind_sum = setting.family == "residual" ? 1 / (setting.alpha * setting.alpha) : 1;
  return {0, 0, (setting.input == setting.width ? 1 : fan) * behind_sum};
}

}  // namespace

bool is_rectifier_stack(const Setting& setting) {
  const bool family =
      setting.family == "feedforward" || setting.family == "residual" || setting.family == "highway";
  return family && setting.activation == "relu" && !setting.crelu && setting.norm != "layer" &&
         setting.count == "rectifier" && setting.embedding == "gaussian" && setting.hidden_bias_std == 0 &&
         setting.initializer == "he" && setting.alpha != 0;
}

RectifierStack rectifier_stack(const Setting& setting) {
  if (!is_rectifier_stack(setting)) {
    reject("rectifier_stack", "must be a network of plain rectifiers with He weights", setting.family);
  }
  RectifierStack stack;
  const RectifierBlock block = block_of(setting);
  stack.blocks.assign(static_cast<size_t>(setting.depth / block.rectifiers), block);
  stack.norm = norm_of(setting);
  stack.first_variance = !has_skips(setting) && setting.input > 1 ? 2 : 1;
  return stack;
}

std::vector<GradientTap> gradient_taps(const Setting& setting) {
  std::vector<GradientTap> taps = {input_tap(setting)};
  const RectifierBlock block = block_of(setting);
  const double on_branch = setting.family == "residual" ? setting.beta : setting.gamma2;
  const double inside = 2 * on_branch * on_branch;  // W^T of He, no gate yet
  if (has_skips(setting) && setting.input != setting.width) {
    taps.push_back({0, 0, taps[0].gain / ratio(setting.width, setting.input)});
  }
  for (int64_t k = 1; k <= setting.depth / block.rectifiers; ++k) {
    const int64_t depth = k * block.rectifiers;
    if (block.rectifiers > 1) taps.push_back({depth, k, inside, true});
    taps.push_back({depth, k, 1});
  }
  return taps;
}

}  // namespace shatterproof
