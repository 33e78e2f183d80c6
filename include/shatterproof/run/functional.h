// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shatterproof {

/// Which scalar of the outputs f(x_i) of a batch is differentiated. Several outputs: the sum over them.
struct Functional {
  enum class Kind {
    sum,     ///< sum of all outputs of all examples
    random,  ///< sum_i <v, f(x_i)>, one v ~ N(0, I)
    probe,   ///< sum_i <v_i, f(x_i)>, an independent v_i ~ N(0, I) per example: the mean of ||gradient||^2 is
             ///< ||Jacobian||_F^2; a final softmax, which shows only its temperature, is taken off
    logit,   ///< sum_i f(x_i)_k; a final softmax is taken off
    loss,    ///< sum_i cross entropy of f(x_i) with its label; a final softmax is taken off
  };
  Kind kind = Kind::sum;
  int64_t logit = 0;

  /// "sum", "random", "probe", "logit:K" or "loss". Throws std::invalid_argument otherwise.
  static Functional parse(std::string_view text);
  std::string text() const;
  bool operator==(const Functional&) const = default;
};

/// `logit` and `loss`: of a network with one output.
inline bool wants_one_output(const Functional& functional) {
  return functional.kind == Functional::Kind::logit || functional.kind == Functional::Kind::loss;
}
/// `probe`, `logit` and `loss` speak of what enters a final softmax.
inline bool wants_logits(const Functional& functional) {
  return wants_one_output(functional) || functional.kind == Functional::Kind::probe;
}

}  // namespace shatterproof
