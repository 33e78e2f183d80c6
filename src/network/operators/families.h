// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "shatterproof/network/operator.h"

// The rows each family brings to the operator table, in any order. A new family is a file, a line here and
// one in operator.cpp.

namespace shatterproof {

std::span<const Operator> activation_operators();
std::span<const Operator> algebra_operators();
std::span<const Operator> arithmetic_operators();
std::span<const Operator> attention_operators();
std::span<const Operator> constant_operators();
std::span<const Operator> indexing_operators();
std::span<const Operator> instance_normalization_operators();
std::span<const Operator> linear_operators();
std::span<const Operator> logic_operators();
std::span<const Operator> loss_operators();
std::span<const Operator> movement_operators();
std::span<const Operator> noise_operators();
std::span<const Operator> normalization_operators();
std::span<const Operator> padding_operators();
std::span<const Operator> pooling_operators();
std::span<const Operator> rearrangement_operators();
std::span<const Operator> recurrent_operators();
std::span<const Operator> reduction_operators();
std::span<const Operator> resize_operators();
std::span<const Operator> sampling_operators();
std::span<const Operator> selection_operators();
std::span<const Operator> softmax_operators();
std::span<const Operator> transposed_convolution_operators();
std::span<const Operator> trigonometry_operators();

}  // namespace shatterproof
