// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {

/// How a recurrent cell of many units is drawn, and how strongly its inputs drive it.
struct RecurrentDraw {
  double recurrent =
      1;  ///< sigma_w^2: units times the variance of a recurrent weight; gain^2 of an orthogonal one
  double driven = 1;  ///< variance of what inputs and random biases add to a pre-activation
};

/// By what factor the gradient's root mean square changes per step towards the past in h' = phi(W h + ...).
///
///   chi = sigma_w^2 E phi'(sqrt(q) z)^2,   q = sigma_w^2 E phi(sqrt(q) z)^2 + driven,   factor = sqrt(chi)
///
/// Infinite width, stationary states, inputs that are independent from step to step. For phi the identity it
/// is sigma_w, the spectral radius of W, whatever q; for a rectifier sigma_w / sqrt 2. Returns 0 for sigma_w
/// = 0. Where q grows for ever, phi' is taken at q after 2,000 steps. Pascanu et al. (2013), Chen et al.
/// (2018).
double recurrent_growth(const Nonlinearity& phi, const RecurrentDraw& draw);

/// The same with W the identity and a rectifier that all states keep open: exactly 1. Le et al. (2015).
double identity_recurrent_growth();

/// Means of the gates' pre-activations: biases, the same for all units.
struct LstmBiases {
  double input = 0, forget = 0, output = 0;
};

/// What a gated cell does to the gradient per step.
struct GatedGrowth {
  double factor = 0;  ///< of the gradient's root mean square, towards the past
  double retention =
      0;  ///< the mean of the gate that keeps the state: what is left without recurrent weights
};

/// The same in an LSTM, c' = f c + i tanh(.), h' = o tanh(c').
///
///   factor^2 = p + r + sqrt(4 p r + v^2),   p = (E f)^2,   r = sigma_w^2 (E o sech^2(c) E i E sech^2(.))^2
///   v = lambda - p - r
///
/// lambda: the larger eigenvalue of what one step makes of the mean squares of the gradients by h and by c
/// when all factors are independent of those of other steps. But weights are the same at every step, so that
/// paths with the same weights at different steps add up: the sum over all pairs of such paths, C(t, k)^2
/// p^(t-k) r^k, with fluctuations v in between, has the generating function whose pole is factor^2. f =
/// sigmoid(bias + sqrt(q) z), i and o likewise, q = sigma_w^2 E h^2 + driven, c ~ N(0, E c^2), all at their
/// fixed point. Infinite width, independent inputs. lambda is that of Gilboa et al. (2019), retention that of
/// Jozefowicz et al. (2015).
GatedGrowth lstm_growth(const RecurrentDraw& draw, const LstmBiases& biases);

/// The same in a GRU, h' = z h + (1 - z) tanh(W x + r (R h)); `update` and `reset` are the gates' biases.
///
///   p = (E z)^2,   r = sigma_w^2 (E (1 - z) E sech^2(.) E r)^2
GatedGrowth gru_growth(const RecurrentDraw& draw, double update, double reset);

}  // namespace shatterproof
