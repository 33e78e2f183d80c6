// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "shatterproof/network/operator.h"

namespace shatterproof {

/// How an operator acts on the parts of its inputs by order of a perturbation: F(sum_k x^(k)) = sum_k F^(k).
enum class OrderRule {
  by_role,          ///< `gate` for a nonlinearity, no rule for anything else
  linear,           ///< F^(k) = F(x^(k)), in all inputs together
  linear_in_first,  ///< the same in the first input, the others being settings
  product,          ///< sum_i a^(i) b^(k-i) of the first two inputs; a third is added
  quotient,         ///< by a scale that neither depends on the input nor has parts
  gate,             ///< y^(k) phi(y)/y, where phi(0) = 0
  max_pool,         ///< the parts at the places of the maxima
  normalization,    ///< the parts, centred and divided by the deviation as it is
};

/// How operator set 17 has it, in which networks are written.
enum class Export {
  alike,      ///< as every set that is read
  rewritten,  ///< by a rule of its own, or not, with the reason
  later,      ///< not at all: it is written in the set it was read from
};

/// What an operator's row says beside how it runs. docs/operators.md is written from the table.
struct OperatorTraits {
  std::string_view sets;  ///< operator sets that define it anew, "1, 11, 13"
  OrderRule order = OrderRule::by_role;
  Export written = Export::alike;
  /// Numbers that its outputs and scratch space hold at most; nullptr: what its role has, see output_bound.
  double (*bound)(const OperatorCall& call) = nullptr;
};

/// Of the operator with that name. Throws std::invalid_argument when there is none.
const OperatorTraits& traits_of(std::string_view op);

/// Numbers that a call's outputs and the scratch space of its operator hold at most, infinite when that is
/// absurd: what its row says, else the broadcast inputs of arithmetic and sums, else the inputs together.
double output_bound(const OperatorCall& call);

}  // namespace shatterproof
