// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> concat(const OperatorCall& call) {
  std::vector<at::Tensor> parts;
  parts.reserve(call.inputs.size());
  for (size_t i = 0; i < call.inputs.size(); ++i) parts.push_back(input_of(call, i));
  const at::Tensor& first = parts.front();
  if (call.node.opset >= 4 && !call.node.has("axis")) reject_call(call, "needs attribute axis", "none");
  const int64_t axis = axis_of(call, call.node.integer("axis", 1), first.dim());
  if (first.dim() == 0) reject_call(call, "inputs have at least one axis", "a scalar");
  std::vector<int64_t> sizes = first.sizes().vec();
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].dim() != first.dim()) {
      reject_call(call, fmt::format("every input has {} axes", first.dim()), shape_text(parts[i].sizes()));
    }
    sizes[static_cast<size_t>(axis)] += parts[i].size(axis);
    if (parts[i].device() != first.device()) parts[i] = parts[i].to(first.device());
  }
  check_size(call, sizes, first.element_size());
  return {at::cat(parts, axis)};
}

/// Sizes of `count` parts of an axis: equal, the last ones smaller where operator set 18 allows it.
std::vector<int64_t> equal_parts(const OperatorCall& call, int64_t size, int64_t count) {
  if (count < 1 || (call.node.opset < 18 && size % count != 0)) {
    reject_call(call, fmt::format("{} divides into the outputs", size), fmt::format("{} outputs", count));
  }
  const int64_t part = (size + count - 1) / count;
  std::vector<int64_t> sizes(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    sizes[static_cast<size_t>(i)] = std::clamp<int64_t>(size - i * part, 0, part);
  }
  return sizes;
}

std::vector<at::Tensor> split(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), x.dim());
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const auto outputs = static_cast<int64_t>(call.node.outputs.size());
  const int64_t count = call.node.integer("num_outputs", outputs);
  const IntegerList given = attribute_or_input(call, "split", 13, 1);
  if (count != outputs || (given.given && static_cast<int64_t>(given.values.size()) != outputs)) {
    reject_call(
        call, fmt::format("has {} outputs", given.given ? static_cast<int64_t>(given.values.size()) : count),
        fmt::format("{}", outputs));
  }
  return at::split_with_sizes(x, given.given ? given.values : equal_parts(call, x.size(axis), count), axis);
}

std::vector<at::Tensor> reshape(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  std::vector<int64_t> sizes = attribute_or_input(call, "shape", 5, 1).values;
  const bool keeps_zero = call.node.integer("allowzero", 0) != 0;
  std::vector<int64_t> known;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0 && !keeps_zero) {
      if (static_cast<int64_t>(i) >= x.dim()) {
        reject_call(call, fmt::format("0 stands for an axis of {}", shape_text(x.sizes())),
                    shape_text(sizes));
      }
      sizes[i] = x.size(static_cast<int64_t>(i));
    }
    if (sizes[i] != -1) known.push_back(sizes[i]);
  }
  check_size(call, known, x.element_size());
  return {at::reshape(x, sizes)};
}

int64_t product(at::IntArrayRef sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

std::vector<at::Tensor> flatten(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const int64_t axis = call.node.integer("axis", 1);
  if (axis < -x.dim() || axis > x.dim()) {
    reject_call(call, fmt::format("axis lies in [{}, {}]", -x.dim(), x.dim()), fmt::format("{}", axis));
  }
  const auto rows = static_cast<size_t>(axis < 0 ? axis + x.dim() : axis);
  if (rows == 1 && x.dim() == 2) return {x};
  return {x.reshape({product(x.sizes().slice(0, rows)), product(x.sizes().slice(rows))})};
}

std::vector<at::Tensor> squeeze(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  const IntegerList given = attribute_or_input(call, "axes", 13, 1);
  if (!given.given) return {x.squeeze()};
  const std::vector<int64_t> axes = axes_of(call, given.values, x.dim());
  for (size_t i = axes.size(); i-- > 0;) {
    if (x.dim() > 0 && x.size(axes[i]) != 1) {
      reject_call(call, fmt::format("axis {} has size 1", axes[i]), shape_text(x.sizes()));
    }
    x = x.squeeze(axes[i]);
  }
  return {x};
}

std::vector<at::Tensor> unsqueeze(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  const IntegerList given = attribute_or_input(call, "axes", 13, 1);
  if (!given.given) reject_call(call, "needs axes", "none");
  const int64_t rank = x.dim() + static_cast<int64_t>(given.values.size());
  check_size(call, std::vector<int64_t>(static_cast<size_t>(rank), 1), 1);
  for (const int64_t axis : axes_of(call, given.values, rank)) x = x.unsqueeze(axis);
  return {x};
}

std::vector<at::Tensor> transpose(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  std::vector<int64_t> order = call.node.integers("perm");
  if (!call.node.has("perm")) {
    order.resize(static_cast<size_t>(x.dim()));
    std::iota(order.rbegin(), order.rend(), int64_t{0});
  }
  return {x.permute(order)};
}

std::vector<at::Tensor> expand(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const std::vector<int64_t> wanted = integers_of_input(call, 1);
  check_size(call, wanted, 1);
  const std::vector<int64_t> sizes = at::infer_size(x.sizes(), wanted);
  check_size(call, sizes, x.element_size());
  return {x.expand(sizes)};
}

std::vector<at::Tensor> tile(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const std::vector<int64_t> repeats = integers_of_input(call, 1);
  if (static_cast<int64_t>(repeats.size()) != x.dim()) {
    reject_call(call, fmt::format("repeats has {} numbers", x.dim()), shape_text(repeats));
  }
  std::vector<int64_t> factors = x.sizes().vec();
  factors.insert(factors.end(), repeats.begin(), repeats.end());
  check_size(call, factors, x.element_size());
  return {x.repeat(repeats)};
}

std::vector<at::Tensor> identity(const OperatorCall& call) {
  return {input_of(call, 0)};
}

/// The mean of what a random mask would give: the input itself, and a mask that keeps everything.
std::vector<at::Tensor> dropout(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (!wants_output(call, 1)) return {x, at::Tensor()};
  return {x, at::ones_like(x, x.options().dtype(call.node.opset < 10 ? x.scalar_type() : at::kBool))};
}

constexpr OperatorRow kMovementRows[] = {
    {{"Concat", OperatorRole::movement, true, 1, kAnyNumber, concat}, {"4, 11, 13", OrderRule::linear}},
    {{"Dropout", OperatorRole::movement, true, 1, 3, dropout},
     {"7, 10, 12, 13, 22", OrderRule::linear_in_first, Export::rewritten}},
    {{"Expand", OperatorRole::movement, true, 2, 2, expand},
     {"8, 13", OrderRule::linear, Export::alike, expand_bound}},
    {{"Flatten", OperatorRole::movement, true, 1, 1, flatten},
     {"1, 9, 11, 13, 21, 23, 24, 25", OrderRule::linear}},
    {{"Identity", OperatorRole::movement, true, 1, 1, identity},
     {"1, 13, 14, 16, 19, 21, 23, 24, 25", OrderRule::linear}},
    {{"Reshape", OperatorRole::movement, true, 1, 2, reshape},
     {"5, 13, 14, 19, 21, 23, 24, 25", OrderRule::linear}},
    {{"Split", OperatorRole::movement, true, 1, 2, split},
     {"2, 11, 13, 18", OrderRule::linear, Export::rewritten}},
    {{"Squeeze", OperatorRole::movement, true, 1, 2, squeeze},
     {"1, 11, 13, 21, 23, 24, 25", OrderRule::linear, Export::rewritten}},
    {{"Tile", OperatorRole::movement, true, 2, 2, tile},
     {"6, 13", OrderRule::linear, Export::alike, tile_bound}},
    {{"Transpose", OperatorRole::movement, true, 1, 1, transpose},
     {"1, 13, 21, 23, 24, 25", OrderRule::linear}},
    {{"Unsqueeze", OperatorRole::movement, true, 1, 2, unsqueeze},
     {"1, 11, 13, 21, 23, 24, 25", OrderRule::linear, Export::rewritten}},
};

}  // namespace

std::span<const OperatorRow> movement_operators() {
  return kMovementRows;
}

}  // namespace shatterproof
