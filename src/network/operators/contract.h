// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/network/operator.h"

// What every operator demands of its call: inputs, attributes, axes and sizes, checked before anything is
// allocated.

namespace shatterproof {

/// Throws std::invalid_argument "Op 'node': rule; got x".
[[noreturn]] void reject_call(const OperatorCall& call, std::string_view rule, std::string_view got);

/// "[2, 3]".
std::string shape_text(at::IntArrayRef sizes);

/// Whether optional input `i` is given.
inline bool has_input(const OperatorCall& call, size_t i) {
  return i < call.inputs.size() && call.inputs[i].defined();
}
/// Whether the caller wants output `i`.
inline bool wants_output(const OperatorCall& call, size_t i) {
  return i < call.node.outputs.size() && !call.node.outputs[i].empty();
}
/// Input `i`, which must be given.
const at::Tensor& input_of(const OperatorCall& call, size_t i);
/// Input `i`, which must be given and floating-point.
const at::Tensor& floating_input(const OperatorCall& call, size_t i);
/// The integers of input `i`, a tensor of rank 0 or 1.
std::vector<int64_t> integers_of_input(const OperatorCall& call, size_t i);
/// The one number of input `i`, or of `tensor`.
at::Scalar scalar_input(const OperatorCall& call, size_t i);
at::Scalar scalar_of(const OperatorCall& call, const at::Tensor& tensor, std::string_view what);
/// What was an attribute and became input `i` with operator set `since`; `given` tells whether there is one.
struct IntegerList {
  std::vector<int64_t> values;
  bool given = false;
};
IntegerList attribute_or_input(const OperatorCall& call, const char* attribute, int64_t since, size_t i);

/// `axis` counted from the front of `rank` axes.
int64_t axis_of(const OperatorCall& call, int64_t axis, int64_t rank);
/// The same for several, which must be distinct; ascending.
std::vector<int64_t> axes_of(const OperatorCall& call, const std::vector<int64_t>& axes, int64_t rank);

/// Whether a reduction of `x` over ascending `axes` runs over the examples of the batch.
bool is_over_batch(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& axes);
/// Indices into an axis of `size` that input `given` holds, counted from the front, on the device of `x`.
at::Tensor front_indices(const OperatorCall& call, const at::Tensor& given, const at::Tensor& x,
                         int64_t size);
/// The second operand where the first is: shapes are computed on the CPU, weights live on the device.
at::Tensor beside(const at::Tensor& x, const at::Tensor& other);

/// Refuses a tensor of more than 2^33 bytes, more than 64 axes or a negative size.
void check_size(const OperatorCall& call, at::IntArrayRef sizes, int64_t bytes_per_number);
/// Refuses operands that do not broadcast, or broadcast to something too large.
void check_broadcast(const OperatorCall& call, const at::Tensor& a, const at::Tensor& b);

/// The type that stands for ONNX's TensorProto.DataType `type`, widened to `call.floating` when it is
/// floating.
at::ScalarType scalar_type(const OperatorCall& call, int64_t type);
/// `type`, or `call.floating` in place of any floating one.
at::ScalarType carried(const OperatorCall& call, at::ScalarType type);

/// Whether the tensor is of a type that the CPU hardly computes in: float16 or bfloat16.
inline bool is_half(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
}

/// `function` of the one input, which is floating-point.
template <at::Tensor (*function)(const at::Tensor&)>
std::vector<at::Tensor> floating(const OperatorCall& call) {
  return {function(floating_input(call, 0))};
}

}  // namespace shatterproof
