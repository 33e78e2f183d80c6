// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "network/operators/contract.h"

namespace shatterproof {

/// A nonlinearity inside RNN, GRU and LSTM, its input bounded to [-clip, clip] where `clip` is positive.
struct GateActivation {
  at::Tensor (*function)(const at::Tensor& x, double alpha, double beta) = nullptr;
  double alpha = 0, beta = 0, clip = 0;

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Those of attributes `activations`, `activation_alpha`, `activation_beta` and `clip`, as many as
/// `otherwise` repeated for each direction: the functions there by default. A function that has an alpha or a
/// beta takes the next number of its list, or the default of the operator of its name.
std::vector<GateActivation> gate_activations(const OperatorCall& call, int64_t directions,
                                             const std::vector<std::string>& otherwise);

}  // namespace shatterproof
