// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

/// `bound` counted from the front and clamped to [least, most].
int64_t clamped(int64_t bound, int64_t size, int64_t least, int64_t most) {
  return std::clamp(bound < 0 ? bound + size : bound, least, most);
}

at::Tensor sliced(const at::Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const int64_t size = x.size(axis);
  // Beyond the axis a step takes one element, however far it goes.
  step = std::clamp<int64_t>(step, -std::max<int64_t>(size, 1), std::max<int64_t>(size, 1));
  if (step > 0) {
    const int64_t first = clamped(start, size, 0, size);
    return x.slice(axis, first, std::max(first, clamped(end, size, 0, size)), step);
  }
  const int64_t first = clamped(start, size, -1, size - 1);
  const int64_t before_last = clamped(end, size, -1, size - 1);
  const int64_t count = first > before_last ? (first - before_last - step - 1) / -step : 0;
  if (count == 0) return x.slice(axis, 0, 0);
  return x.slice(axis, first + (count - 1) * step, first + 1, -step).flip(axis);
}

std::vector<at::Tensor> slice(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  const IntegerList starts = attribute_or_input(call, "starts", 10, 1);
  const IntegerList ends = attribute_or_input(call, "ends", 10, 2);
  IntegerList axes = attribute_or_input(call, "axes", 10, 3);
  const size_t count = starts.values.size();
  if (!axes.given) {
    axes.values.resize(count);
    std::iota(axes.values.begin(), axes.values.end(), int64_t{0});
  }
  const std::vector<int64_t> steps = call.node.opset >= 10 && has_input(call, 4)
                                         ? integers_of_input(call, 4)
                                         : std::vector<int64_t>(count, 1);
  if (!starts.given || !ends.given || ends.values.size() != count || axes.values.size() != count ||
      steps.size() != count) {
    reject_call(call, "starts, ends, axes and steps have one length",
                fmt::format("{}, {}, {}, {}", count, ends.values.size(), axes.values.size(), steps.size()));
  }
  if (x.dim() == 0 && count > 0) reject_call(call, "input has at least one axis", "a scalar");
  axes_of(call, axes.values, x.dim());
  for (size_t i = 0; i < count; ++i) {
    if (steps[i] == 0) reject_call(call, "steps are not zero", shape_text(steps));
    x = sliced(x, axis_of(call, axes.values[i], x.dim()), starts.values[i], ends.values[i], steps[i]);
  }
  return {x};
}

std::vector<at::Tensor> gather(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), x.dim());
  const at::Tensor indices = front_indices(call, input_of(call, 1), x, x.size(axis));
  if (indices.dim() == 0) return {x.select(axis, indices.item<int64_t>())};
  std::vector<int64_t> sizes = x.sizes().slice(0, static_cast<size_t>(axis)).vec();
  sizes.insert(sizes.end(), indices.sizes().begin(), indices.sizes().end());
  const at::IntArrayRef rest = x.sizes().slice(static_cast<size_t>(axis) + 1);
  sizes.insert(sizes.end(), rest.begin(), rest.end());
  check_size(call, sizes, x.element_size());
  const at::Tensor rows = at::index_select(x, axis, indices.dim() == 1 ? indices : indices.reshape({-1}));
  return {indices.dim() == 1 ? rows : rows.reshape(sizes)};
}

std::vector<at::Tensor> gather_elements(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), x.dim());
  const at::Tensor indices = front_indices(call, input_of(call, 1), x, x.size(axis));
  if (indices.dim() != x.dim()) {
    reject_call(call, fmt::format("indices have {} axes", x.dim()), shape_text(indices.sizes()));
  }
  check_size(call, indices.sizes(), x.element_size());
  return {at::gather(x, axis, indices)};
}

int64_t count(at::IntArrayRef sizes) {
  return c10::multiply_integers(sizes);
}

/// Which row of `x`, its axes up to `first` + k counted as one, each k-tuple along the last axis of
/// `given` names within its batch; the leading `first` axes of both are the batch.
at::Tensor row_indices(const OperatorCall& call, const at::Tensor& given, const at::Tensor& x,
                       int64_t first) {
  if (given.dim() <= first || given.size(-1) < 1 || first + given.size(-1) > x.dim()) {
    reject_call(call, fmt::format("indices name axes of {}", shape_text(x.sizes())),
                shape_text(given.sizes()));
  }
  std::vector<int64_t> tuples = given.sizes().vec();
  tuples.pop_back();
  at::Tensor row = at::zeros(tuples, x.options().dtype(at::kLong).requires_grad(false));
  for (int64_t j = 0; j < given.size(-1); ++j) {
    const int64_t size = x.size(first + j);
    row = row * size + front_indices(call, given.select(-1, j), x, size);
  }
  return row;
}

std::vector<at::Tensor> gather_nd(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::Tensor& given = input_of(call, 1);
  const int64_t first = call.node.integer("batch_dims", 0);
  const auto batch_axes = static_cast<size_t>(std::max<int64_t>(first, 0));
  if (first < 0 || first >= std::min(x.dim(), given.dim()) ||
      x.sizes().slice(0, batch_axes) != given.sizes().slice(0, batch_axes)) {
    reject_call(call, fmt::format("the first {} axes agree", first),
                fmt::format("{} and {}", shape_text(x.sizes()), shape_text(given.sizes())));
  }
  const at::Tensor within = row_indices(call, given, x, first);
  const size_t named = batch_axes + static_cast<size_t>(given.size(-1));
  const at::IntArrayRef rest = x.sizes().slice(named);
  const int64_t batches = count(x.sizes().slice(0, batch_axes));
  const int64_t rows = count(x.sizes().slice(batch_axes, named - batch_axes));
  std::vector<int64_t> sizes = within.sizes().vec();
  sizes.insert(sizes.end(), rest.begin(), rest.end());
  check_size(call, sizes, x.element_size());
  if (batches == 0 || within.numel() == 0) return {at::zeros(sizes, x.options())};
  const at::Tensor batch = at::arange(batches, within.options()).unsqueeze(1) * rows;
  const at::Tensor row = (within.reshape({batches, within.numel() / batches}) + batch).flatten();
  return {at::index_select(x.reshape({batches * rows, count(rest)}), 0, row).reshape(sizes)};
}

/// `x` with `updates` put at `indices` along `axis`, or combined with what is there. Where two updates meet
/// without a reduction any of them stays, as the operator set has it.
at::Tensor scattered(const OperatorCall& call, const at::Tensor& x, int64_t axis, const at::Tensor& indices,
                     const at::Tensor& updates) {
  const std::string reduction = call.node.text("reduction", "none");
  if (reduction == "none") return at::scatter(x, axis, indices, updates);
  if (reduction == "add") return at::scatter_add(x, axis, indices, updates);
  if (reduction == "mul") return at::scatter_reduce(x, axis, indices, updates, "prod");
  if (reduction == "max") return at::scatter_reduce(x, axis, indices, updates, "amax");
  if (reduction == "min") return at::scatter_reduce(x, axis, indices, updates, "amin");
  reject_call(call, "reduction is none, add, mul, max or min", reduction);
}

std::vector<at::Tensor> scatter_elements(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::Tensor& updates = input_of(call, 2);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), x.dim());
  const at::Tensor indices = front_indices(call, input_of(call, 1), x, x.size(axis));
  if (updates.sizes() != indices.sizes()) {
    reject_call(call, fmt::format("updates are {}", shape_text(indices.sizes())),
                shape_text(updates.sizes()));
  }
  return {scattered(call, x, axis, indices, updates)};
}

std::vector<at::Tensor> scatter_nd(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::Tensor& updates = input_of(call, 2);
  const at::Tensor row = row_indices(call, input_of(call, 1), x, 0);
  const auto named = static_cast<size_t>(input_of(call, 1).size(-1));
  const at::IntArrayRef rest = x.sizes().slice(named);
  std::vector<int64_t> sizes = row.sizes().vec();
  sizes.insert(sizes.end(), rest.begin(), rest.end());
  if (updates.sizes() != at::IntArrayRef(sizes)) {
    reject_call(call, fmt::format("updates are {}", shape_text(sizes)), shape_text(updates.sizes()));
  }
  const int64_t width = count(rest);
  const at::Tensor rows = x.reshape({count(x.sizes().slice(0, named)), width});
  const at::Tensor index = row.reshape({row.numel(), 1}).expand({row.numel(), width});
  return {scattered(call, rows, 0, index, updates.reshape({row.numel(), width})).reshape(x.sizes())};
}

constexpr OperatorRow kIndexingRows[] = {
    {{"Gather", OperatorRole::movement, true, 2, 2, gather},
     {"1, 11, 13", OrderRule::linear, Export::alike, gather_bound}},
    {{"GatherElements", OperatorRole::movement, true, 2, 2, gather_elements}, {"11, 13", OrderRule::linear}},
    {{"GatherND", OperatorRole::movement, true, 2, 2, gather_nd},
     {"11, 12, 13", OrderRule::linear, Export::alike, gather_nd_bound}},
    {{"Scatter", OperatorRole::movement, true, 3, 3, scatter_elements},
     {"9 (until 10)", OrderRule::by_role, Export::rewritten}},  // ScatterElements until 10
    {{"ScatterElements", OperatorRole::movement, true, 3, 3, scatter_elements},
     {"11, 13, 16, 18", OrderRule::by_role, Export::rewritten}},
    {{"ScatterND", OperatorRole::movement, true, 3, 3, scatter_nd},
     {"11, 13, 16, 18", OrderRule::by_role, Export::rewritten}},
    {{"Slice", OperatorRole::movement, true, 1, 5, slice},
     {"1, 10, 11, 13", OrderRule::linear, Export::rewritten}},
};

}  // namespace

std::span<const OperatorRow> indexing_operators() {
  return kIndexingRows;
}

}  // namespace shatterproof
