// SPDX-License-Identifier: Apache-2.0
#include "onnx/fixed_table.h"

#include <ATen/ATen.h>

#include <cmath>

namespace shatterproof {
namespace {

bool is_mask(const at::Tensor& value) {
  constexpr double kStandsForInfinity = 1e4;
  if (value.min().item<double>() <= -kStandsForInfinity) return true;
  const at::Tensor least = value.min(), masking = at::where(least == 0, value.max(), least);
  return value.dim() > 1 && at::logical_or(value == 0, value == masking).all().item<bool>();
}

// Columns of `table`, [positions, columns], that each obey x[t + 1] + x[t - 1] = k x[t]. `k` is fitted by
// least squares; what is left over must be rounding of float32 tables.
bool oscillates(const at::Tensor& table) {
  constexpr double kRounding = 1e-4;
  const int64_t inner = table.size(0) - 2;
  const at::Tensor middle = table.narrow(0, 1, inner);
  const at::Tensor around = table.narrow(0, 0, inner) + table.narrow(0, 2, inner);
  const at::Tensor energy = at::square(middle).sum(0), scale = at::square(table).sum(0);
  const at::Tensor k = at::where(energy > 0, (middle * around).sum(0) / energy, at::zeros_like(energy));
  const at::Tensor left = at::square(around - k * middle).sum(0);
  return (left <= kRounding * kRounding * scale).all().item<bool>() &&
         (k.abs() <= 2 + kRounding).all().item<bool>();
}

// Whether the table, read along `axis`, is oscillating and not the same at every position.
bool oscillates_along(const at::Tensor& value, int64_t axis) {
  constexpr int64_t kPositions = 4;
  if (value.size(axis) < kPositions) return false;
  const at::Tensor table = value.movedim(axis, 0).reshape({value.size(axis), -1});
  const bool moves = !at::equal(table, table.narrow(0, 0, 1).expand_as(table));
  return moves && oscillates(table);
}

// Whether every line along `axis` is straight but for one kink, and most of it moves: distances, and biases
// that fall with them.
bool is_ramp_along(const at::Tensor& value, int64_t axis) {
  constexpr int64_t kPositions = 5;
  constexpr double kRounding = 1e-5, kMoving = 0.25;
  if (value.size(axis) < kPositions) return false;
  const at::Tensor lines = value.movedim(axis, 0).reshape({value.size(axis), -1});
  const double allowed = kRounding * lines.abs().max().item<double>();
  const at::Tensor steps = at::diff(lines, 1, 0);
  const at::Tensor kinks = at::diff(steps, 1, 0).abs().gt(allowed).sum(0);
  return kinks.le(1).all().item<bool>() &&
         steps.abs().gt(allowed).to(at::kDouble).mean().item<double>() > kMoving;
}

bool is_geometric(const at::Tensor& value) {
  constexpr int64_t kTerms = 4;
  constexpr double kRounding = 1e-4;
  const at::Tensor terms = value.flatten();
  if (terms.numel() < kTerms || (terms <= 0).any().item<bool>()) return false;
  for (const int64_t size : value.sizes()) {
    if (size != 1 && size != value.numel()) return false;
  }
  const at::Tensor steps = at::diff(at::log(terms));
  const double step = steps.mean().item<double>();
  return std::abs(step) > kRounding &&
         (steps - step).abs().max().item<double>() <= kRounding * std::abs(step) + kRounding * kRounding;
}

}  // namespace

bool is_uniform(const at::Tensor& value) {
  return value.numel() == 0 || (value == value.flatten()[0]).all().item<bool>();
}

bool is_fixed_table(const at::Tensor& value) {
  if (value.numel() < 2 || is_uniform(value)) return false;
  if (is_mask(value)) return true;
  const at::Tensor numbers = value.to(at::kDouble);
  if (!at::isfinite(numbers).all().item<bool>()) return true;
  if (is_geometric(numbers)) return true;
  int64_t long_axes = 0;
  for (const int64_t size : value.sizes()) long_axes += size > 1 ? 1 : 0;
  if (long_axes < 2) return false;
  for (int64_t axis = 0; axis < value.dim(); ++axis) {
    if (oscillates_along(numbers, axis) || is_ramp_along(numbers, axis)) return true;
  }
  return false;
}

}  // namespace shatterproof
