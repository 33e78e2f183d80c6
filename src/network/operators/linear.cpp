// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/window.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> conv(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const at::Tensor& weight = floating_input(call, 1);
  const at::Tensor bias = has_input(call, 2) ? call.inputs[2] : at::Tensor();
  const int64_t group = call.node.integer("group", 1);
  if (weight.dim() != x.dim() || x.dim() < 3) {
    reject_call(call, "weight has as many axes as the input, at least 3", shape_text(weight.sizes()));
  }
  if (group < 1 || weight.size(0) % group != 0 || x.size(1) % group != 0 ||
      x.size(1) / group != weight.size(1)) {
    reject_call(call, fmt::format("weight of {} groups fits input {}", group, shape_text(x.sizes())),
                shape_text(weight.sizes()));
  }
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0))) {
    reject_call(call, fmt::format("bias is [{}]", weight.size(0)), shape_text(bias.sizes()));
  }
  const Window window = window_of(call, x, weight.sizes().slice(2).vec(), false);
  std::vector<int64_t> sizes = {x.size(0), weight.size(0)};
  sizes.insert(sizes.end(), window.output.begin(), window.output.end());
  check_size(call, sizes, x.element_size());
  const std::vector<int64_t> none(window.kernel.size(), 0);
  if (window.symmetric()) {
    return {
        at::convolution(x, weight, bias, window.strides, window.begin, window.dilations, false, none, group)};
  }
  const at::Tensor padded = pad_spatial(call, x, window.begin, window.end, 0);
  return {at::convolution(padded, weight, bias, window.strides, none, window.dilations, false, none, group)};
}

/// A factor as a number of the operands' kind: ATen refuses 1.0 for integers.
at::Scalar factor(const OperatorCall& call, const char* name, const at::Tensor& x) {
  const double value = call.node.number(name, 1.0);
  if (x.is_floating_point()) return value;
  return static_cast<int64_t>(value);
}

std::vector<at::Tensor> gemm(const OperatorCall& call) {
  const at::Tensor& a_stored = input_of(call, 0);
  const at::Tensor& b_stored = input_of(call, 1);
  if (a_stored.dim() != 2 || b_stored.dim() != 2) {
    reject_call(call, "A and B are matrices",
                fmt::format("{} and {}", shape_text(a_stored.sizes()), shape_text(b_stored.sizes())));
  }
  const at::Tensor a = call.node.integer("transA", 0) != 0 ? a_stored.t() : a_stored;
  const at::Tensor b = call.node.integer("transB", 0) != 0 ? b_stored.t() : b_stored;
  check_size(call, {a.size(0), b.size(1)}, a.element_size());
  const at::Scalar alpha = factor(call, "alpha", a);
  if (!has_input(call, 2)) {
    const at::Tensor product = at::mm(a, b);
    return {alpha.toDouble() == 1.0 ? product : product * alpha};
  }
  return {at::addmm(call.inputs[2], a, b, factor(call, "beta", a), alpha)};
}

std::vector<at::Tensor> matmul(const OperatorCall& call) {
  const at::Tensor& given = input_of(call, 0);
  const at::Tensor a = is_half(given) ? given.to(at::kFloat) : given;
  const at::Tensor b = is_half(given) ? input_of(call, 1).to(at::kFloat) : input_of(call, 1);
  if (a.dim() == 0 || b.dim() == 0) reject_call(call, "operands have at least one axis", "a scalar");
  if (a.dim() == 2 && b.dim() == 2) {
    check_size(call, {a.size(0), b.size(1)}, a.element_size());
    return {at::mm(a, b).to(given.scalar_type())};
  }
  std::vector<int64_t> sizes =
      at::infer_size(a.sizes().slice(0, static_cast<size_t>(std::max<int64_t>(a.dim() - 2, 0))),
                     b.sizes().slice(0, static_cast<size_t>(std::max<int64_t>(b.dim() - 2, 0))));
  if (a.dim() > 1) sizes.push_back(a.size(-2));
  if (b.dim() > 1) sizes.push_back(b.size(-1));
  check_size(call, sizes, a.element_size());
  return {at::matmul(a, b).to(given.scalar_type())};
}

constexpr OperatorRow kLinearRows[] = {
    {{"Conv", OperatorRole::linear, true, 2, 3, conv},
     {"1, 11, 22", OrderRule::product, Export::alike, convolution_bound}},
    {{"Gemm", OperatorRole::linear, true, 2, 3, gemm},
     {"7, 9, 11, 13", OrderRule::product, Export::alike, product_bound}},
    {{"MatMul", OperatorRole::linear, true, 2, 2, matmul},
     {"1, 9, 13", OrderRule::product, Export::alike, product_bound}},
};

}  // namespace

std::span<const OperatorRow> linear_operators() {
  return kLinearRows;
}

}  // namespace shatterproof
