// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A small recurrent network: [batch, steps, inputs] -> recurrent layers -> sum over steps read -> readout.
struct RecurrentSubject {
  std::string cell = "RNN";
  std::string direction = "forward";
  std::string activation = "Tanh";  ///< of RNN; Affine is the identity
  int64_t steps = 6, inputs = 3, units = 4, layers = 1;
  int64_t first_read = -1;  ///< the outputs read all steps from this one on; -1: the last one alone
  double recurrent = 1;     ///< units times the variance of a recurrent weight
  double driven = .5;       ///< inputs times the variance of an input weight
  double forget_bias = 0;   ///< of the gate that keeps the state, of LSTM and GRU
  uint64_t seed = 1;
  at::Tensor input_weight, recurrent_weight;  ///< of the first layer; drawn when undefined
};

/// Layers are nodes named layer_1, ..., with parameters layer_1.input_weight, .recurrent_weight and .bias.
Network recurrent_network(const RecurrentSubject& subject);

/// An RNN without gates, its steps written out: h_t = phi(W x_t + U h_(t-1)), U named `state.weight`; the
/// last state is read.
Network unrolled_network(const RecurrentSubject& subject);

}  // namespace shatterproof
