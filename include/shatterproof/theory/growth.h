// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/theory/mean_field.h"

namespace shatterproof {

/// By what factor one layer lets the gradient scale coefficient grow, infinite width.
///
///   r = sqrt(E phi'(u)^2 q / E phi(u)^2)      u = sqrt(q) z; without a norm; with layer norm q = 1
///
/// Whatever the weights' variance. At q = 1: rectifier 1, tanh 1.08527, SELU 1.03517. [GE] section 3.
double layer_growth(const Nonlinearity& phi, double q = 1);

/// The same between layers with batch norm, which takes the mean of the nonlinearity away.
///
///   r = sqrt(E phi'(z)^2 / Var phi(z))        rectifier sqrt(pi / (pi - 1)) = 1.21117, tanh 1.08527
///
/// Also the growth of the nonlinearity coefficient, whatever the norm, at unit variance: SELU 1.03517.
double batch_norm_growth(const Nonlinearity& phi);

/// What finite width multiplies the coefficient by, geometric mean over Gaussian weights: exp(beta / 2), beta
/// of inverse_width_sum. Orthogonal weights have none.
double width_floor(double inverse_widths);

/// What is left of a block's growth r beside a skip that is `dilution` times the branch and orthogonal to it.
///
///   sqrt(1 + (r^2 - 1) / (dilution^2 + 1))       [GE] section 6; exact
double diluted_growth(double growth, double dilution);

/// x <- skip x + branch W phi(N(... phi(N(x)))): a layer (skip = 0) or a residual block.
struct ScaleBlock {
  double skip = 0;
  double branch = 1;
  int64_t layers = 1;  ///< on the branch
};

/// A network from the output of its first linear map, of unit mean square there, to its last.
struct ScaleStack {
  enum class Norm { none, layer, batch };
  std::vector<ScaleBlock> blocks;
  Norm norm = Norm::none;
  Nonlinearity phi;
  double weight_variance = 1;  ///< sigma_w^2, times 1 / fan_in
  double inverse_width = 0;    ///< of every hidden layer, where width_floor counts; else 0
};

/// What one block does to scales.
struct BlockScale {
  double growth = 1;        ///< of the gradient scale coefficient
  double nonlinearity = 1;  ///< of the nonlinearity coefficient
  double dilution = 0;      ///< quadratic mean of skip over branch; 0 without skip
};

/// Follows mean square q and variance v over inputs of the state, block by block.
///
///   a linear map W phi(N(x)) of q, v:  u has variance q without a norm, else 1
///     q <- sigma_w^2 E phi(u)^2,  v <- sigma_w^2 Var phi(u),
///     gain *= exp(1/n) sigma_w^2 E phi'(u)^2 / (1 without a norm, q before it with layer, v with batch norm)
///   block:  q' = skip^2 q + branch^2 q_branch, v' likewise, J^2 = skip^2 + branch^2 gain
///   growth^2 = J^2 q / q',  nonlinearity^2 = J^2 v / v',  dilution^2 = skip^2 q / (branch^2 q_branch)
///
/// growth is that of diluted_growth, the branch's own r^2 being gain q / q_branch. v is right where batch
/// norm centres every layer, and where E phi(u) = 0: independent inputs then stay uncorrelated. From
/// q = v = 1. O(blocks).
std::vector<BlockScale> follow_scales(const ScaleStack& stack);

}  // namespace shatterproof
