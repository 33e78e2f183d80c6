// SPDX-License-Identifier: Apache-2.0
#include "network/operators/contract.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "shatterproof/core/error.h"

namespace shatterproof {

void reject_call(const OperatorCall& call, std::string_view rule, std::string_view got) {
  reject(fmt::format("{} '{}'", printable(call.node.op), printable(call.node.name)), rule, got);
}

std::string shape_text(at::IntArrayRef sizes) {
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

const at::Tensor& input_of(const OperatorCall& call, size_t i) {
  if (!has_input(call, i)) reject_call(call, fmt::format("needs input {}", i), "none");
  return call.inputs[i];
}

const at::Tensor& floating_input(const OperatorCall& call, size_t i) {
  const at::Tensor& x = input_of(call, i);
  if (!x.is_floating_point()) {
    reject_call(call, fmt::format("input {} is floating-point", i), c10::toString(x.scalar_type()));
  }
  return x;
}

std::vector<int64_t> integers_of_input(const OperatorCall& call, size_t i) {
  const at::Tensor& given = input_of(call, i);
  if (given.dim() > 1) reject_call(call, fmt::format("input {} is a list", i), shape_text(given.sizes()));
  if (!at::isIntegralType(given.scalar_type(), /*includeBool=*/false)) {
    reject_call(call, fmt::format("input {} holds integers", i), c10::toString(given.scalar_type()));
  }
  const at::Tensor list = given.to(at::kCPU, at::kLong).contiguous();
  const int64_t* values = list.data_ptr<int64_t>();
  return {values, values + list.numel()};
}

at::Scalar scalar_of(const OperatorCall& call, const at::Tensor& tensor, std::string_view what) {
  if (tensor.numel() != 1)
    reject_call(call, fmt::format("{} is one number", what), shape_text(tensor.sizes()));
  return tensor.item();
}

at::Scalar scalar_input(const OperatorCall& call, size_t i) {
  return scalar_of(call, input_of(call, i), fmt::format("input {}", i));
}

IntegerList attribute_or_input(const OperatorCall& call, const char* attribute, int64_t since, size_t i) {
  if (call.node.opset >= since) {
    if (!has_input(call, i)) return {};
    return {integers_of_input(call, i), true};
  }
  if (!call.node.has(attribute)) return {};
  return {call.node.integers(attribute), true};
}

int64_t axis_of(const OperatorCall& call, int64_t axis, int64_t rank) {
  const int64_t axes = std::max<int64_t>(rank, 1);  // a scalar passes for a list of one
  if (axis < -axes || axis >= axes) {
    reject_call(call, fmt::format("axis lies in [{}, {})", -axes, axes), fmt::format("{}", axis));
  }
  return axis < 0 ? axis + axes : axis;
}

std::vector<int64_t> axes_of(const OperatorCall& call, const std::vector<int64_t>& axes, int64_t rank) {
  std::vector<int64_t> sorted;
  sorted.reserve(axes.size());
  for (const int64_t axis : axes) sorted.push_back(axis_of(call, axis, rank));
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    reject_call(call, "axes are distinct", shape_text(axes));
  }
  return sorted;
}

bool is_over_batch(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& axes) {
  return call.examples > 0 && x.dim() > 0 && x.size(0) == call.examples && !axes.empty() && axes.front() == 0;
}

at::Tensor front_indices(const OperatorCall& call, const at::Tensor& given, const at::Tensor& x,
                         int64_t size) {
  if (given.scalar_type() != at::kLong && given.scalar_type() != at::kInt) {
    reject_call(call, "indices are int32 or int64", c10::toString(given.scalar_type()));
  }
  const at::Tensor indices = given.to(x.device(), at::kLong);
  if (indices.numel() == 0) return indices;
  const auto [least, most] = at::aminmax(indices);
  if (least.item<int64_t>() < -size || most.item<int64_t>() >= size) {
    reject_call(call, fmt::format("indices lie in [{}, {})", -size, size),
                fmt::format("{} to {}", least.item<int64_t>(), most.item<int64_t>()));
  }
  return least.item<int64_t>() < 0 ? at::where(indices < 0, indices + size, indices) : indices;
}

at::Tensor beside(const at::Tensor& x, const at::Tensor& other) {
  return other.device() == x.device() || other.dim() == 0 ? other : other.to(x.device());
}

void check_size(const OperatorCall& call, at::IntArrayRef sizes, int64_t bytes_per_number) {
  constexpr int64_t kMostBytes = int64_t{1} << 33;
  constexpr size_t kMostAxes = 64;
  if (sizes.size() > kMostAxes)
    reject_call(call, "a tensor has at most 64 axes", fmt::format("{}", sizes.size()));
  int64_t bytes = bytes_per_number;
  for (const int64_t size : sizes) {
    if (size < 0) reject_call(call, "sizes are not negative", shape_text(sizes));
    if (size == 0)
      continue;  // an empty tensor takes no memory, but its other sizes still get multiplied somewhere
    if (size > kMostBytes / bytes) reject_call(call, "a tensor takes at most 2^33 bytes", shape_text(sizes));
    bytes *= size;
  }
}

void check_broadcast(const OperatorCall& call, const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() == b.sizes()) return;
  check_size(call, at::infer_size(a.sizes(), b.sizes()),
             std::max<int64_t>(a.element_size(), b.element_size()));
}

at::ScalarType carried(const OperatorCall& call, at::ScalarType type) {
  return call.floating && at::isFloatingType(type) ? *call.floating : type;
}

at::ScalarType scalar_type(const OperatorCall& call, int64_t type) {
  switch (type) {
    case 1:
      return carried(call, at::kFloat);
    case 2:
      return at::kByte;
    case 3:
      return at::kChar;
    case 4:
      return at::kInt;  // uint16
    case 5:
      return at::kShort;
    case 6:
      return at::kInt;
    case 7:
      return at::kLong;
    case 9:
      return at::kBool;
    case 10:
      return carried(call, at::kHalf);
    case 11:
      return carried(call, at::kDouble);
    case 12:
      return at::kLong;  // uint32
    case 13:
      return at::kLong;  // uint64
    case 16:
      return carried(call, at::kBFloat16);
    default:
      break;
  }
  reject_call(call, "supports the types float, double, float16, bfloat16, bool and integers of 8 to 64 bits",
              fmt::format("type {}", type));
}

}  // namespace shatterproof
