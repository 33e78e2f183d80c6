// SPDX-License-Identifier: Apache-2.0
#include "network/operators/bounds.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace shatterproof {
namespace {

using Sizes = std::vector<double>;

double numbers(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<double>(tensor.numel()) : 0;
}

double product(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), 1.0,
                         [](double a, double b) { return a * std::max(b, 0.0); });
}

// The entries of a small integer tensor; empty when it is none.
Sizes entries(std::span<const at::Tensor> inputs, size_t index) {
  constexpr int64_t kMostAxes = 1024;
  if (index >= inputs.size() || !inputs[index].defined() || inputs[index].numel() > kMostAxes) return {};
  const at::Tensor wide = inputs[index].to(at::kDouble).contiguous();
  const double* first = wide.data_ptr<double>();
  return {first, first + wide.numel()};
}

// Axes aligned from the right, the larger size of each.
void broadcast(Sizes& sizes, const Sizes& other) {
  if (other.size() > sizes.size()) sizes.insert(sizes.begin(), other.size() - sizes.size(), 1);
  for (size_t i = 1; i <= other.size(); ++i)
    sizes[sizes.size() - i] = std::max(sizes[sizes.size() - i], other[other.size() - i]);
}

Sizes sizes_of(const at::Tensor& tensor) {
  return {tensor.sizes().begin(), tensor.sizes().end()};
}

double broadcast_bound(std::span<const at::Tensor> inputs) {
  Sizes sizes;
  for (const at::Tensor& input : inputs) {
    if (input.defined()) broadcast(sizes, sizes_of(input));
  }
  return product(sizes);
}

double total_bound(std::span<const at::Tensor> inputs) {
  double total = 0;
  for (const at::Tensor& input : inputs) total += numbers(input);
  return total;
}

// Every padded axis at its full length: no stride, kernel size 1.
double padded_bound(const at::Tensor& x, const Sizes& pads) {
  Sizes sizes = sizes_of(x);
  const size_t axes = pads.size() / 2;
  if (axes > sizes.size()) return product(sizes);
  for (size_t i = 0; i < axes; ++i)
    sizes[sizes.size() - axes + i] += std::max(0.0, pads[i]) + std::max(0.0, pads[axes + i]);
  return product(sizes);
}

Sizes pads_attribute(const Node& node) {
  const std::vector<int64_t> pads = node.integers("pads");
  return {pads.begin(), pads.end()};
}

}  // namespace

// Output and the unfolded input that a matrix multiplication reads.
double convolution_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() < 2 || call.inputs[1].dim() < 1) return 0;
  const double positions = padded_bound(call.inputs[0], pads_attribute(call.node)) /
                           std::max(1.0, static_cast<double>(call.inputs[0].size(1)));
  const double units = static_cast<double>(call.inputs[1].size(0));
  const double patch = units > 0 ? numbers(call.inputs[1]) / units : 0;
  return positions * (units + patch);
}

double product_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() < 1 || call.inputs[1].dim() < 1) return 0;
  Sizes left = sizes_of(call.inputs[0]), right = sizes_of(call.inputs[1]);
  const double rows = left.size() > 1 ? std::max(left[left.size() - 2], left.back()) : 1;
  const double columns = right.size() > 1 ? std::max(right[right.size() - 2], right.back()) : 1;
  left.resize(left.size() - std::min<size_t>(2, left.size()));
  right.resize(right.size() - std::min<size_t>(2, right.size()));
  broadcast(left, right);
  return product(left) * rows * columns;
}

double gather_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() < 1) return 0;
  const int64_t axis = call.node.integer("axis", 0), rank = call.inputs[0].dim();
  if (axis < -rank || axis >= rank) return 0;
  return numbers(call.inputs[1]) * numbers(call.inputs[0]) /
         std::max(1.0, static_cast<double>(call.inputs[0].size(axis)));
}

double expand_bound(const OperatorCall& call) {
  Sizes sizes = entries(call.inputs, 1);
  broadcast(sizes, sizes_of(call.inputs[0]));
  return product(sizes);
}

double pad_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2) return padded_bound(call.inputs[0], pads_attribute(call.node));
  // Whichever axes the padding belongs to, an axis grows by at most all of it.
  const Sizes pads = entries(call.inputs, 1);
  if (call.inputs.size() < 4 || !call.inputs[3].defined()) return padded_bound(call.inputs[0], pads);
  double most = 0, bound = 1;
  for (const double pad : pads) most += std::max(pad, 0.0);
  for (const double size : sizes_of(call.inputs[0])) bound *= size + most;
  return bound;
}

// Every input position spreads over its stride and, once, over the kernel.
double transposed_convolution_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() < 3 || call.inputs[1].dim() != call.inputs[0].dim())
    return 0;
  const std::vector<int64_t> strides = call.node.integers("strides"),
                             dilations = call.node.integers("dilations");
  const std::vector<int64_t> wanted = call.node.integers("output_shape");
  double bound = static_cast<double>(call.inputs[0].size(0)) * static_cast<double>(call.inputs[1].size(1)) *
                 static_cast<double>(call.node.integer("group", 1));
  for (int64_t axis = 2; axis < call.inputs[0].dim(); ++axis) {
    const auto i = static_cast<size_t>(axis - 2);
    const auto along = [&](const std::vector<int64_t>& values) {
      return i < values.size() ? std::max(1.0, static_cast<double>(values[i])) : 1.0;
    };
    const double full = static_cast<double>(call.inputs[0].size(axis)) * along(strides) +
                        static_cast<double>(call.inputs[1].size(axis)) * along(dilations);
    bound *= std::max(full, along(wanted));
  }
  return bound;
}

double gather_nd_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[1].dim() < 1) return 0;
  const int64_t k = call.inputs[1].size(-1), named = call.node.integer("batch_dims", 0) + k;
  if (k < 1 || named < 0 || named > call.inputs[0].dim()) return 0;
  const Sizes sizes = sizes_of(call.inputs[0]);
  return numbers(call.inputs[1]) / static_cast<double>(k) * product({sizes.begin() + named, sizes.end()});
}

double one_hot_bound(const OperatorCall& call) {
  const Sizes depth = entries(call.inputs, 1);
  return depth.size() == 1 ? numbers(call.inputs[0]) * std::max(1.0, depth[0]) : 0;
}

double range_bound(const OperatorCall& call) {
  const Sizes start = entries(call.inputs, 0), limit = entries(call.inputs, 1),
              delta = entries(call.inputs, 2);
  if (start.size() != 1 || limit.size() != 1 || delta.size() != 1) return 0;
  return std::max(0.0, (limit[0] - start[0]) / delta[0]);
}

// By sizes or scales; the axes in between are resized one by one.
double resize_bound(const OperatorCall& call) {
  const size_t place = call.node.op == "Upsample" || call.node.opset < 11 ? 1 : 2;
  Sizes scales = entries(call.inputs, place);
  for (const double scale : call.node.numbers("scales")) scales.push_back(scale);
  Sizes sizes = sizes_of(call.inputs[0]);
  const Sizes wanted = entries(call.inputs, 3);
  for (size_t i = 0; i < std::min(scales.size(), sizes.size()); ++i) sizes[i] *= std::max(1.0, scales[i]);
  for (size_t i = 0; i < std::min(wanted.size(), sizes.size()); ++i) sizes[i] = std::max(sizes[i], wanted[i]);
  return product(sizes);
}

// Zeros around the values: by the kernel and strides, or as many as asked for.
double max_unpool_bound(const OperatorCall& call) {
  const std::vector<int64_t> kernel = call.node.integers("kernel_shape"),
                             strides = call.node.integers("strides");
  Sizes sizes = sizes_of(call.inputs[0]);
  for (size_t i = 0; i + 2 < sizes.size(); ++i) {
    if (i < strides.size()) sizes[i + 2] *= std::max(1.0, static_cast<double>(strides[i]));
    if (i < kernel.size()) sizes[i + 2] += std::max(0.0, static_cast<double>(kernel[i]));
  }
  return std::max(product(sizes), call.inputs.size() > 2 ? product(entries(call.inputs, 2)) : 0);
}

// What comes out, the weights of all samples along both axes, and the samples of one region.
double roi_align_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() != 4) return total_bound(call.inputs);
  const auto rows = static_cast<double>(call.inputs[0].size(2)),
             columns = static_cast<double>(call.inputs[0].size(3));
  const auto channels = static_cast<double>(call.inputs[0].size(1));
  const auto height = static_cast<double>(call.node.integer("output_height", 1));
  const auto width = static_cast<double>(call.node.integer("output_width", 1));
  const auto samples = static_cast<double>(std::max<int64_t>(1, call.node.integer("sampling_ratio", 0)));
  const double weights = samples * (height * rows + width * columns);
  const double sampled = channels * samples * height * std::max(columns, samples * width);
  return numbers(call.inputs[1]) * channels * height * width + weights + sampled;
}

// A position of the grid takes a value of every channel.
double grid_sample_bound(const OperatorCall& call) {
  if (call.inputs.size() < 2 || call.inputs[0].dim() < 2) return total_bound(call.inputs);
  return total_bound(call.inputs) + numbers(call.inputs[1]) * static_cast<double>(call.inputs[0].size(1));
}

// All gates of all steps, and the states.
double recurrence_bound(const OperatorCall& call) {
  if (call.inputs.size() < 3 || call.inputs[0].dim() != 3 || call.inputs[1].dim() != 3 ||
      call.inputs[2].dim() != 3)
    return total_bound(call.inputs);
  const double steps =
      static_cast<double>(call.inputs[0].size(0)) * static_cast<double>(call.inputs[0].size(1));
  const auto directions = static_cast<double>(call.inputs[1].size(0));
  return steps * directions * static_cast<double>(call.inputs[1].size(1) + 2 * call.inputs[2].size(2));
}

// Scores of every query with every key, several times over, beside what goes in.
double attention_bound(const OperatorCall& call) {
  constexpr double kCopies = 4;
  const auto positions = [&](size_t i) {
    const bool given = i < call.inputs.size() && call.inputs[i].defined() && call.inputs[i].dim() > 2;
    return given ? static_cast<double>(call.inputs[i].size(call.inputs[i].dim() == 4 ? 2 : 1)) : 0.0;
  };
  if (call.inputs.size() < 3 || call.inputs[0].dim() < 3) return total_bound(call.inputs);
  const double heads = static_cast<double>(call.inputs[0].dim() == 4
                                               ? call.inputs[0].size(1)
                                               : std::max<int64_t>(1, call.node.integer("q_num_heads", 1)));
  const double scores =
      static_cast<double>(call.inputs[0].size(0)) * heads * positions(0) * (positions(1) + positions(4));
  return kCopies * scores + heads * total_bound(call.inputs);
}

double constant_of_shape_bound(const OperatorCall& call) {
  return product(entries(call.inputs, 0));
}

double shape_attribute_bound(const OperatorCall& call) {
  const std::vector<int64_t> shape = call.node.integers("shape");
  return product({shape.begin(), shape.end()});
}

double tile_bound(const OperatorCall& call) {
  return product(entries(call.inputs, 1)) * numbers(call.inputs[0]);
}

double window_bound(const OperatorCall& call) {
  // Where windows are summed, each is spread out.
  double window = 1;
  if (call.node.op != "MaxPool") {
    for (const int64_t size : call.node.integers("kernel_shape"))
      window *= static_cast<double>(std::max<int64_t>(1, size));
  }
  return window * padded_bound(call.inputs[0], pads_attribute(call.node));
}

double output_bound(const OperatorCall& call) {
  const Operator* op = find_operator(call.node.op);
  const bool has_first = !call.inputs.empty() && call.inputs[0].defined();
  const auto bound = op ? traits_of(op->name).bound : nullptr;
  if (bound && (has_first || op->min_inputs == 0)) return bound(call);
  if (!op || !has_first) return total_bound(call.inputs);
  const bool compares = op->role == OperatorRole::shape && call.inputs.size() == 2;
  const bool broadcasts = compares || op->role == OperatorRole::arithmetic || op->role == OperatorRole::sum;
  return broadcasts ? broadcast_bound(call.inputs) : total_bound(call.inputs);
}

}  // namespace shatterproof
