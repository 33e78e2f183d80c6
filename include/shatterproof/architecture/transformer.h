// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Where the normalizations of a transformer's block stand.
enum class NormPlace {
  before_branch,  ///< pre-norm: x + F(N(x)), and one more N after the last block
  after_sum,      ///< post-norm: N(x + F(x))
};

struct TransformerOptions {
  NormPlace norm_place = NormPlace::before_branch;
  int64_t tokens = 16;              ///< T
  int64_t input = 0;                ///< numbers per token; 0: width
  int64_t width = 64;               ///< N, numbers per token of the state
  int64_t depth = 6;                ///< blocks, L
  int64_t heads = 4;                ///< h, a divisor of N
  int64_t mlp_ratio = 4;            ///< units of a hidden layer of a block, in widths
  int64_t output = 1;               ///< numbers per example that come out
  std::string activation = "gelu";  ///< see NetworkBuilder::activation
  std::string norm = "layer";       ///< layer or none
  double beta = 1;                  ///< factor of every branch
  int64_t base_width = 0;           ///< of mu-P: scores times sqrt(base_width/h)/(N/h); 0: 1/sqrt(N/h)
};

/// Encoder blocks of self-attention and a two-layer perceptron, each beside a skip.
///
///   pre-norm    y = x + beta A(N(x)),     x' = y + beta W_2 phi(W_1 N(y))
///   post-norm   y = N(x + beta A(x)),     x' = N(y + beta W_2 phi(W_1 y))
///   A(x) = W_o (softmax(Q_i K_i^T / sqrt(N/h)) V_i), i = 1..h side by side,  Q = W_q x, K = W_k x, V = W_v x
///
/// x is [batch, T, N]; what has another number per token first passes a linear map `projection` ~ N(0,
/// 1/input). f = w . (mean of x_L over tokens), w ~ N(0, 1/N), x_L normalized. No biases, no positions:
/// tokens are told apart by what they hold. Linear maps are named block_l.attention.query, .key, .value and
/// .output, block_l.mlp.first and .second, sums block_l.attention.sum and block_l.mlp.sum. Throws
/// std::invalid_argument on options out of range, before anything is allocated. Vaswani et al. (2017); Xiong
/// et al. (2020).
Network transformer(const TransformerOptions& options);

}  // namespace shatterproof
