// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "shatterproof/network/operator_traits.h"

// The rows each family brings to the operator table, in any order. A new family is a file, a line here and
// one in operator.cpp.

namespace shatterproof {

/// All that is said of an operator.
struct OperatorRow {
  Operator op;
  OperatorTraits traits;
};

std::span<const OperatorRow> activation_operators();
std::span<const OperatorRow> algebra_operators();
std::span<const OperatorRow> arithmetic_operators();
std::span<const OperatorRow> attention_operators();
std::span<const OperatorRow> constant_operators();
std::span<const OperatorRow> indexing_operators();
std::span<const OperatorRow> instance_normalization_operators();
std::span<const OperatorRow> linear_operators();
std::span<const OperatorRow> logic_operators();
std::span<const OperatorRow> loss_operators();
std::span<const OperatorRow> movement_operators();
std::span<const OperatorRow> noise_operators();
std::span<const OperatorRow> normalization_operators();
std::span<const OperatorRow> padding_operators();
std::span<const OperatorRow> pooling_operators();
std::span<const OperatorRow> rearrangement_operators();
std::span<const OperatorRow> recurrent_operators();
std::span<const OperatorRow> reduction_operators();
std::span<const OperatorRow> resize_operators();
std::span<const OperatorRow> sampling_operators();
std::span<const OperatorRow> selection_operators();
std::span<const OperatorRow> softmax_operators();
std::span<const OperatorRow> transposed_convolution_operators();
std::span<const OperatorRow> trigonometry_operators();

}  // namespace shatterproof
