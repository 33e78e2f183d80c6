// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/growth.h"

#include <cmath>

namespace shatterproof {
namespace {

struct Scale {
  double mean_square = 1, variance = 1;
};

// Moments of the last variance asked for: behind a norm it is always the same.
class KnownMoments {
 public:
  explicit KnownMoments(const Nonlinearity& phi) : phi_(phi), moments_(layer_moments(phi, 1)) {}
  const LayerMoments& at(double q) {
    if (q != q_) moments_ = layer_moments(phi_, q);
    q_ = q;
    return moments_;
  }

 private:
  const Nonlinearity& phi_;
  double q_ = 1;
  LayerMoments moments_;
};

double divisor(ScaleStack::Norm norm, const Scale& state) {
  if (norm == ScaleStack::Norm::none) return 1;
  return norm == ScaleStack::Norm::layer ? state.mean_square : state.variance;
}

BlockScale pass(const ScaleStack& stack, const ScaleBlock& block, Scale& state, KnownMoments& known) {
  const double skip = block.skip * block.skip, scale = block.branch * block.branch;
  Scale branch = state;
  double gain = scale;
  for (int64_t l = 0; l < block.layers; ++l) {
    const bool plain = stack.norm == ScaleStack::Norm::none;
    const LayerMoments& moments = known.at(plain ? branch.mean_square : 1);
    gain *= std::exp(stack.inverse_width) * stack.weight_variance * moments.slope_square /
            divisor(stack.norm, branch);
    branch = {stack.weight_variance * moments.mean_square, stack.weight_variance * moments.variance()};
  }
  const Scale sum = {skip * state.mean_square + scale * branch.mean_square,
                     skip * state.variance + scale * branch.variance};
  BlockScale passed;
  passed.growth = std::sqrt((skip + gain) * state.mean_square / sum.mean_square);
  passed.nonlinearity = std::sqrt((skip + gain) * state.variance / sum.variance);
  passed.dilution = std::sqrt(skip * state.mean_square / (scale * branch.mean_square));
  state = sum;
  return passed;
}

}  // namespace

double layer_growth(const Nonlinearity& phi, double q) {
  const LayerMoments moments = layer_moments(phi, q);
  return std::sqrt(q * moments.slope_square / moments.mean_square);
}

double batch_norm_growth(const Nonlinearity& phi) {
  const LayerMoments moments = layer_moments(phi, 1);
  return std::sqrt(moments.slope_square / moments.variance());
}

double width_floor(double inverse_widths) {
  return std::exp(inverse_widths / 2);
}

double diluted_growth(double growth, double dilution) {
  return std::sqrt(1 + (growth * growth - 1) / (dilution * dilution + 1));
}

std::vector<BlockScale> follow_scales(const ScaleStack& stack) {
  std::vector<BlockScale> scales;
  Scale state;
  KnownMoments known(stack.phi);
  for (const ScaleBlock& block : stack.blocks) scales.push_back(pass(stack, block, state, known));
  return scales;
}

}  // namespace shatterproof
