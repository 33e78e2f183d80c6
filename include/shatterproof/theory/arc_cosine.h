// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/theory/stack.h"

namespace shatterproof {

/// Cosine of the angle between two inputs behind a rectifier layer, from that before it, infinite width.
///
///   kappa(cos theta) = (sin theta + (pi - theta) cos theta) / pi
///
/// Maps [-1, 1] onto [0, 1]; fixed at 1. Cho and Saul (2009).
double arc_cosine_map(double cosine);

/// Part of the units that are active on both of two inputs under an angle theta: (pi - theta) / (2 pi).
double coactive_part(double cosine);

/// Second moments over units of what two inputs make of a state, relative to the first input's batch.
struct PairMoments {
  double first = 1, second = 1, product = 0;
  double cosine() const;
};

/// What becomes of two inputs on their way through a stack.
struct PairPath {
  std::vector<double> coactivation;  ///< at every rectifier layer, input first
  /// After each number of blocks, 0 to all: E<g, g'> / E||g||^2 there, g and g' gradients at the two.
  std::vector<double> correlation;
  std::vector<double> variance;  ///< there: E||g||^2 relative to the last state
};

/// Follows two inputs through a stack in infinite width.
///
///   cos theta = s / sqrt(q q')               at every rectifier
///   branch:  q, q', s  <-  q, q', sqrt(q q') kappa(cos theta)
///   batch statistics, of inputs like the first one, take away the mean of the rectifier:
///            q <- q (1 - 1/pi),  q' <- q' - 2 sqrt(q q')/pi + q/pi,  s <- sqrt(q q') (kappa - 1/pi)
///   state:   skip^2 state + branch^2 branch
///   E<g, g'> gains  skip^2 + b^2 prod (1 - theta/pi),   E||g||^2  skip^2 + b^2,   b^2 = branch^2 / prod V
///
/// Batch norm (held) divides the branch by V = q before every rectifier. `start` is what enters the first
/// block: {V, V, 0} for independent inputs. Independent inputs stay independent where means are taken away:
/// theta = pi/2 in every layer, and R is the product of [SG] theorem 3 with V_l = 1 + (1 - 1/pi) beta^2 l.
/// O(layers).
PairPath follow_pair(const RectifierStack& stack, const PairMoments& start);

}  // namespace shatterproof
