// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How much of what passes a network tells the tokens of one example apart.
///
///   rank(X) = sqrt(sum_b ||X_b - 1 m_b^T||_F^2 / sum_b ||X_b||_F^2),   m_b = mean over tokens of X_b
///   cosine(X) = mean over b and pairs t != t' of  x_{b,t}.x_{b,t'} / (||x_{b,t}|| ||x_{b,t'}||)
///
/// X_b: [T, D], the state of example b, a row for each token (position, step of a sequence). Both in [0, 1]
/// and [-1/(T - 1), 1]: identical tokens have rank 0 and cosine 1, orthogonal ones of equal size
/// sqrt(1 - 1/T) and 0. m_b is the row that is nearest to all tokens: rank is the relative distance to a
/// matrix of rank one with equal rows, Dong's ||res(X)|| in the Frobenius norm. Unchanged by scaling X. Where
/// a mean is nearly all of X, differences below the rounding of its type count as they are. Undefined where
/// no state has tokens, for one token, for zeros, and where numbers are not finite. O(B T D). Dong et al.
/// (2021); Noci et al. (2022).
///
/// Of one tensor [B, T, D], of any floating dtype, on any device.
Reading token_rank(const at::Tensor& states);

/// Of a network: states of layers, and the input of tokens, that are [batch, tokens, numbers] with as many
/// tokens as the last of them; what linear maps make where there are no states. Readings: two curves over
/// depth.
MeasurementRecord token_rank_record();

}  // namespace shatterproof
