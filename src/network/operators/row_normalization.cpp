// SPDX-License-Identifier: Apache-2.0
#include "network/operators/row_normalization.h"

#include <ATen/ATen.h>

#include <tuple>

#include "network/operators/unit_moments.h"

namespace shatterproof {
namespace {

/// Which rows of `x` from `axis` on hold one value only, shaped to broadcast with x; undefined when none
/// does.
at::Tensor constant_rows(const at::Tensor& x, int64_t axis) {
  const int64_t row = c10::multiply_integers(x.sizes().slice(static_cast<size_t>(axis)));
  if (x.numel() == 0) return {};
  const at::Tensor constant = constant_units(x.reshape({1, x.numel() / row, row}));
  if (!constant.defined()) return constant;
  std::vector<int64_t> sizes = x.sizes().slice(0, static_cast<size_t>(axis)).vec();
  sizes.resize(static_cast<size_t>(x.dim()), 1);
  return constant.reshape(sizes);
}

/// Rows of `x` from `axis` on, each to mean 0 and variance 1, times gain plus bias.
at::Tensor normalized_as_is(const at::Tensor& x, int64_t axis, double epsilon, const at::Tensor& gain,
                            const at::Tensor& bias) {
  const at::IntArrayRef row = x.sizes().slice(static_cast<size_t>(axis));
  if (!gain.defined()) return std::get<0>(at::native_layer_norm(x, row, {}, {}, epsilon));
  const bool whole = gain.sizes() == row && (!bias.defined() || bias.sizes() == row);
  if (whole) return std::get<0>(at::native_layer_norm(x, row, gain, bias, epsilon));
  const at::Tensor y = std::get<0>(at::native_layer_norm(x, row, {}, {}, epsilon));
  return bias.defined() ? y * gain + bias : y * gain;
}

/// The same with epsilon 0, where a row without variance gives its bias.
at::Tensor normalized_exactly(const at::Tensor& x, int64_t axis, const at::Tensor& gain,
                              const at::Tensor& bias) {
  const at::Tensor constant = constant_rows(x, axis);
  if (!constant.defined()) return normalized_as_is(x, axis, 0, gain, bias);
  // Any row that varies in place of one that does not: its output is not used and no derivative reaches it.
  const at::IntArrayRef row = x.sizes().slice(static_cast<size_t>(axis));
  const at::Tensor ramp = at::arange(c10::multiply_integers(row), x.options()).reshape(row);
  const at::Tensor y = normalized_as_is(at::where(constant, ramp, x), axis, 0, gain, bias);
  return at::where(constant, bias.defined() ? bias : at::zeros({}, x.options()), y);
}

}  // namespace

at::Tensor normalized_rows(const at::Tensor& x, int64_t axis, double epsilon, const at::Tensor& gain,
                           const at::Tensor& bias) {
  return epsilon == 0 ? normalized_exactly(x, axis, gain, bias)
                      : normalized_as_is(x, axis, epsilon, gain, bias);
}

}  // namespace shatterproof
