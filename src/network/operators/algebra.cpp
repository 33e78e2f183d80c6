// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

constexpr std::string_view kEllipsis = "...";

/// What an equation's letters and ellipsis stand for.
struct Labels {
  std::map<char, int64_t> sizes;   ///< of each letter
  std::map<char, int64_t> counts;  ///< how often it occurs among the inputs
  std::vector<int64_t> broadcast;  ///< the axes that the ellipses stand for
};

void read_term(const OperatorCall& call, std::string_view term, const at::Tensor& x, Labels& labels) {
  const size_t dots = term.find(kEllipsis);
  const auto letters = static_cast<int64_t>(term.size() - (dots == term.npos ? 0 : kEllipsis.size()));
  const bool fits = dots == term.npos ? letters == x.dim() : letters <= x.dim();
  if (!fits) reject_call(call, fmt::format("'{}' names the axes of the input", term), shape_text(x.sizes()));
  int64_t axis = 0;
  for (size_t i = 0; i < term.size(); ++i) {
    if (i == dots) {
      const at::IntArrayRef axes =
          x.sizes().slice(static_cast<size_t>(axis), static_cast<size_t>(x.dim() - letters));
      labels.broadcast = at::infer_size(labels.broadcast, axes);
      axis += x.dim() - letters;
      i += kEllipsis.size() - 1;
      continue;
    }
    const char letter = term[i];
    ++labels.counts[letter];
    int64_t& size = labels.sizes.try_emplace(letter, 1).first->second;
    size = std::max(size, x.size(axis++));
  }
}

std::vector<int64_t> output_sizes(const OperatorCall& call, const std::string& equation, Labels& labels) {
  const size_t arrow = equation.find("->");
  std::string_view inputs = std::string_view(equation).substr(0, arrow);
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const size_t comma = inputs.find(',');
    const bool last = i + 1 == call.inputs.size();
    if (last != (comma == inputs.npos))
      reject_call(call, "the equation has a term per input", fmt::format("{} inputs", call.inputs.size()));
    read_term(call, inputs.substr(0, comma), input_of(call, i), labels);
    if (!last) inputs.remove_prefix(comma + 1);
  }
  std::vector<int64_t> sizes = labels.broadcast;
  if (arrow == equation.npos) {
    for (const auto& [letter, count] : labels.counts) {
      if (count == 1) sizes.push_back(labels.sizes[letter]);
    }
  } else {
    for (const char letter : equation.substr(arrow + 2)) {
      if (letter != '.') sizes.push_back(labels.sizes.try_emplace(letter, 1).first->second);
    }
  }
  return sizes;
}

std::vector<at::Tensor> einsum(const OperatorCall& call) {
  std::string equation = call.node.text("equation", "");
  std::erase(equation, ' ');
  Labels labels;
  check_size(call, output_sizes(call, equation, labels), call.inputs[0].element_size());
  return {at::einsum(equation, at::TensorList(call.inputs.data(), call.inputs.size()))};
}

std::vector<at::Tensor> det(const OperatorCall& call) {
  return {at::linalg_det(floating_input(call, 0))};
}

/// Sums of all that came before along an axis, each number included or not; from the end with `reverse`.
std::vector<at::Tensor> cum_sum(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, scalar_input(call, 1).to<int64_t>(), x.dim());
  const bool reverse = call.node.integer("reverse", 0) != 0;
  if (reverse) x = x.flip(axis);
  if (call.node.integer("exclusive", 0) != 0) {
    std::vector<int64_t> shift(static_cast<size_t>(2 * (x.dim() - axis)), 0);  // last axis first
    shift[shift.size() - 2] = 1;
    shift[shift.size() - 1] = -1;
    x = at::constant_pad_nd(x, shift, 0);
  }
  const at::Tensor sums = at::cumsum(x, axis, x.scalar_type());
  return {reverse ? sums.flip(axis) : sums};
}

constexpr Operator kRows[] = {
    {"CumSum", OperatorRole::arithmetic, true, 2, 2, cum_sum},
    {"Det", OperatorRole::arithmetic, true, 1, 1, det},
    {"Einsum", OperatorRole::linear, true, 1, kAnyNumber, einsum},
};

}  // namespace

std::span<const Operator> algebra_operators() {
  return kRows;
}

}  // namespace shatterproof
