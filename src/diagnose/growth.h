// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {

/// What the gradient scale coefficient of a draw says, from the first layer to the last.
struct Growth {
  double total = 1;  ///< the coefficient of the first layer
  double rate = 1;   ///< a layer's part of it, by the log-linear fit
  double fit = 0;    ///< R^2 of that fit
  int layers = 0;    ///< nonlinearities between the first layer and the last
  /// What finite width explains: exp(1/2 sum 1/n_j) of Gaussian weights; 1 beside skips, where the sum counts
  /// too much, for orthogonal weights and for trained ones.
  double floor = 1;

  double excess() const { return total / floor; }
};

/// Empty when it was not measured, or undefined.
std::optional<Growth> growth_of(const Examination& examination, const Draw& draw);

/// The network's nonlinearity as theory knows it; empty when theory does not.
std::optional<Nonlinearity> nonlinearity_in_theory(const Examination& examination);

/// What a layer of the network multiplies the coefficient by when its input is normalized: the measured rate
/// when it is already, else that of batch norm, by theory; the measured rate where theory does not know the
/// nonlinearity.
double normalized_rate(const Examination& examination, const Growth& growth);

/// Growth of `layers` layers, of growth `rate` each, with a skip around every one and its branch normalized
/// and scaled by beta: prod_b diluted_growth(rate, k_b), k_b^2 = 1 / beta^2 + b - 1, b = 1 ... layers.
double growth_with_skips(double rate, int layers, double beta);

/// What is left of the `total` growth of `blocks` residual blocks of that dilution when every branch is
/// multiplied by `factor`: a block's own growth follows from the total by the dilution formula, and is then
/// diluted anew.
double growth_with_scaled_branches(double total, int blocks, double dilution, double factor);

/// The same for the end-to-end gain, which adds in squares: (1 + factor^2 (total^(2 / blocks) -
/// 1))^(blocks/2).
double gain_with_scaled_branches(double total, int blocks, double factor);

}  // namespace shatterproof
