// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "network/operators/einsum.h"
#include "onnx/evaluation.h"
#include "shatterproof/network/operator.h"

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

// Output and the unfolded input that a matrix multiplication reads.
double convolution_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() < 2 || inputs[1].dim() < 1) return 0;
  const double positions =
      padded_bound(inputs[0], pads_attribute(node)) / std::max(1.0, static_cast<double>(inputs[0].size(1)));
  const double units = static_cast<double>(inputs[1].size(0));
  const double patch = units > 0 ? numbers(inputs[1]) / units : 0;
  return positions * (units + patch);
}

double product_bound(std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() < 1 || inputs[1].dim() < 1) return 0;
  Sizes left = sizes_of(inputs[0]), right = sizes_of(inputs[1]);
  const double rows = left.size() > 1 ? std::max(left[left.size() - 2], left.back()) : 1;
  const double columns = right.size() > 1 ? std::max(right[right.size() - 2], right.back()) : 1;
  left.resize(left.size() - std::min<size_t>(2, left.size()));
  right.resize(right.size() - std::min<size_t>(2, right.size()));
  broadcast(left, right);
  return product(left) * rows * columns;
}

double gather_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() < 1) return 0;
  const int64_t axis = node.integer("axis", 0), rank = inputs[0].dim();
  if (axis < -rank || axis >= rank) return 0;
  return numbers(inputs[1]) * numbers(inputs[0]) / std::max(1.0, static_cast<double>(inputs[0].size(axis)));
}

double expand_bound(std::span<const at::Tensor> inputs) {
  Sizes sizes = entries(inputs, 1);
  broadcast(sizes, sizes_of(inputs[0]));
  return product(sizes);
}

double pad_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2) return padded_bound(inputs[0], pads_attribute(node));
  // Whichever axes the padding belongs to, an axis grows by at most all of it.
  const Sizes pads = entries(inputs, 1);
  if (inputs.size() < 4 || !inputs[3].defined()) return padded_bound(inputs[0], pads);
  double most = 0, bound = 1;
  for (const double pad : pads) most += std::max(pad, 0.0);
  for (const double size : sizes_of(inputs[0])) bound *= size + most;
  return bound;
}

// Every input position spreads over its stride and, once, over the kernel.
double transposed_convolution_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() < 3 || inputs[1].dim() != inputs[0].dim()) return 0;
  const std::vector<int64_t> strides = node.integers("strides"), dilations = node.integers("dilations");
  const std::vector<int64_t> wanted = node.integers("output_shape");
  double bound = static_cast<double>(inputs[0].size(0)) * static_cast<double>(inputs[1].size(1)) *
                 static_cast<double>(node.integer("group", 1));
  for (int64_t axis = 2; axis < inputs[0].dim(); ++axis) {
    const auto i = static_cast<size_t>(axis - 2);
    const auto along = [&](const std::vector<int64_t>& values) {
      return i < values.size() ? std::max(1.0, static_cast<double>(values[i])) : 1.0;
    };
    const double full = static_cast<double>(inputs[0].size(axis)) * along(strides) +
                        static_cast<double>(inputs[1].size(axis)) * along(dilations);
    bound *= std::max(full, along(wanted));
  }
  return bound;
}

double gather_nd_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[1].dim() < 1) return 0;
  const int64_t k = inputs[1].size(-1), named = node.integer("batch_dims", 0) + k;
  if (k < 1 || named < 0 || named > inputs[0].dim()) return 0;
  const Sizes sizes = sizes_of(inputs[0]);
  return numbers(inputs[1]) / static_cast<double>(k) * product({sizes.begin() + named, sizes.end()});
}

double one_hot_bound(std::span<const at::Tensor> inputs) {
  const Sizes depth = entries(inputs, 1);
  return depth.size() == 1 ? numbers(inputs[0]) * std::max(1.0, depth[0]) : 0;
}

double range_bound(std::span<const at::Tensor> inputs) {
  const Sizes start = entries(inputs, 0), limit = entries(inputs, 1), delta = entries(inputs, 2);
  if (start.size() != 1 || limit.size() != 1 || delta.size() != 1) return 0;
  return std::max(0.0, (limit[0] - start[0]) / delta[0]);
}

// By sizes or scales; the axes in between are resized one by one.
double resize_bound(const Node& node, std::span<const at::Tensor> inputs) {
  const size_t place = node.op == "Upsample" || node.opset < 11 ? 1 : 2;
  Sizes scales = entries(inputs, place);
  for (const double scale : node.numbers("scales")) scales.push_back(scale);
  Sizes sizes = sizes_of(inputs[0]);
  const Sizes wanted = entries(inputs, 3);
  for (size_t i = 0; i < std::min(scales.size(), sizes.size()); ++i) sizes[i] *= std::max(1.0, scales[i]);
  for (size_t i = 0; i < std::min(wanted.size(), sizes.size()); ++i) sizes[i] = std::max(sizes[i], wanted[i]);
  return product(sizes);
}

// Zeros around the values: by the kernel and strides, or as many as asked for.
double max_unpool_bound(const Node& node, std::span<const at::Tensor> inputs) {
  const std::vector<int64_t> kernel = node.integers("kernel_shape"), strides = node.integers("strides");
  Sizes sizes = sizes_of(inputs[0]);
  for (size_t i = 0; i + 2 < sizes.size(); ++i) {
    if (i < strides.size()) sizes[i + 2] *= std::max(1.0, static_cast<double>(strides[i]));
    if (i < kernel.size()) sizes[i + 2] += std::max(0.0, static_cast<double>(kernel[i]));
  }
  return std::max(product(sizes), inputs.size() > 2 ? product(entries(inputs, 2)) : 0);
}

// What comes out, the weights of all samples along both axes, and the samples of one region.
double roi_align_bound(const Node& node, std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() != 4) return total_bound(inputs);
  const auto rows = static_cast<double>(inputs[0].size(2)), columns = static_cast<double>(inputs[0].size(3));
  const auto channels = static_cast<double>(inputs[0].size(1));
  const auto height = static_cast<double>(node.integer("output_height", 1));
  const auto width = static_cast<double>(node.integer("output_width", 1));
  const auto samples = static_cast<double>(std::max<int64_t>(1, node.integer("sampling_ratio", 0)));
  const double weights = samples * (height * rows + width * columns);
  const double sampled = channels * samples * height * std::max(columns, samples * width);
  return numbers(inputs[1]) * channels * height * width + weights + sampled;
}

// A position of the grid takes a value of every channel.
double grid_sample_bound(std::span<const at::Tensor> inputs) {
  if (inputs.size() < 2 || inputs[0].dim() < 2) return total_bound(inputs);
  return total_bound(inputs) + numbers(inputs[1]) * static_cast<double>(inputs[0].size(1));
}

// All gates of all steps, and the states.
double recurrence_bound(std::span<const at::Tensor> inputs) {
  if (inputs.size() < 3 || inputs[0].dim() != 3 || inputs[1].dim() != 3 || inputs[2].dim() != 3)
    return total_bound(inputs);
  const double steps = static_cast<double>(inputs[0].size(0)) * static_cast<double>(inputs[0].size(1));
  const auto directions = static_cast<double>(inputs[1].size(0));
  return steps * directions * static_cast<double>(inputs[1].size(1) + 2 * inputs[2].size(2));
}

// Scores of every query with every key, several times over, beside what goes in.
double attention_bound(const Node& node, std::span<const at::Tensor> inputs) {
  constexpr double kCopies = 4;
  const auto positions = [&](size_t i) {
    const bool given = i < inputs.size() && inputs[i].defined() && inputs[i].dim() > 2;
    return given ? static_cast<double>(inputs[i].size(inputs[i].dim() == 4 ? 2 : 1)) : 0.0;
  };
  if (inputs.size() < 3 || inputs[0].dim() < 3) return total_bound(inputs);
  const double heads = static_cast<double>(
      inputs[0].dim() == 4 ? inputs[0].size(1) : std::max<int64_t>(1, node.integer("q_num_heads", 1)));
  const double scores =
      static_cast<double>(inputs[0].size(0)) * heads * positions(0) * (positions(1) + positions(4));
  return kCopies * scores + heads * total_bound(inputs);
}

}  // namespace

double output_bound(const Node& node, std::span<const at::Tensor> inputs) {
  const std::string& op = node.op;
  if (op == "Range") return range_bound(inputs);
  if (op == "ConstantOfShape") return product(entries(inputs, 0));
  if (op == "RandomNormal" || op == "RandomUniform") {
    const std::vector<int64_t> shape = node.integers("shape");
    return product({shape.begin(), shape.end()});
  }
  if (inputs.empty() || !inputs[0].defined()) return total_bound(inputs);
  if (op == "Conv") return convolution_bound(node, inputs);
  if (op == "ConvTranspose") return transposed_convolution_bound(node, inputs);
  if (op == "GatherND") return gather_nd_bound(node, inputs);
  if (op == "OneHot") return one_hot_bound(inputs);
  if (op == "Resize" || op == "Upsample") return resize_bound(node, inputs);
  if (op == "MatMul" || op == "Gemm") return product_bound(inputs);
  if (op == "Gather") return gather_bound(node, inputs);
  if (op == "Expand") return expand_bound(inputs);
  if (op == "Tile") return product(entries(inputs, 1)) * numbers(inputs[0]);
  if (op == "Pad") return pad_bound(node, inputs);
  if (op == "Attention") return attention_bound(node, inputs);
  if (op == "Einsum") return largest_einsum_product({node, inputs});
  if (op == "MaxUnpool") return max_unpool_bound(node, inputs);
  if (op == "RoiAlign") return roi_align_bound(node, inputs);
  if (op == "GridSample") return grid_sample_bound(inputs);
  if (op == "RNN" || op == "GRU" || op == "LSTM") return recurrence_bound(inputs);
  if (op == "MaxPool" || op == "AveragePool" || op == "LpPool")
    return padded_bound(inputs[0], pads_attribute(node));
  const Operator* row = find_operator(op);
  if (!row) return total_bound(inputs);
  const bool compares = row->role == OperatorRole::shape && inputs.size() == 2;
  if (compares || row->role == OperatorRole::arithmetic || row->role == OperatorRole::sum)
    return broadcast_bound(inputs);
  return total_bound(inputs);
}

}  // namespace shatterproof
