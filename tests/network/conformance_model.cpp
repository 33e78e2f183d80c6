// SPDX-License-Identifier: Apache-2.0
#include "conformance_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

using onnx::TensorProto;

template <typename Message>
Message parsed(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  Message message;
  if (!stream || !message.ParseFromIstream(&stream)) throw std::runtime_error("cannot read " + file.string());
  return message;
}

/// Numbers stored as `Stored` in raw_data, or one by one in a field of the message, as a tensor of type
/// `type`.
template <typename Stored, typename Field>
at::Tensor numbers(const TensorProto& proto, const Field& field, at::ScalarType stored, at::ScalarType type) {
  const std::vector<int64_t> sizes(proto.dims().begin(), proto.dims().end());
  at::Tensor tensor = at::empty(sizes, stored);
  if (!proto.raw_data().empty()) {
    if (proto.raw_data().size() != tensor.nbytes()) throw std::runtime_error("raw_data has another length");
    std::memcpy(tensor.data_ptr(), proto.raw_data().data(), tensor.nbytes());
  } else {
    if (field.size() != tensor.numel()) throw std::runtime_error("a field has another length");
    auto* to = static_cast<Stored*>(tensor.data_ptr());
    for (const auto& value : field) *to++ = static_cast<Stored>(value);
  }
  return tensor.to(type);
}

at::Tensor tensor_of(const TensorProto& proto) {
  const auto& ints = proto.int32_data();
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return numbers<float>(proto, proto.float_data(), at::kFloat, at::kFloat);
    case TensorProto::DOUBLE:
      return numbers<double>(proto, proto.double_data(), at::kDouble, at::kDouble);
    case TensorProto::INT8:
      return numbers<int8_t>(proto, ints, at::kChar, at::kChar);
    case TensorProto::UINT8:
      return numbers<uint8_t>(proto, ints, at::kByte, at::kByte);
    case TensorProto::INT16:
      return numbers<int16_t>(proto, ints, at::kShort, at::kShort);
    case TensorProto::INT32:
      return numbers<int32_t>(proto, ints, at::kInt, at::kInt);
    case TensorProto::INT64:
      return numbers<int64_t>(proto, proto.int64_data(), at::kLong, at::kLong);
    case TensorProto::UINT64:
      return numbers<int64_t>(proto, proto.uint64_data(), at::kLong, at::kLong);
    case TensorProto::BOOL:
      return numbers<uint8_t>(proto, ints, at::kByte, at::kBool);
    // LibTorch has no uint16 and uint32: read as signed, widened, the sign bits then taken off.
    case TensorProto::UINT16:
      return at::bitwise_and(numbers<int16_t>(proto, ints, at::kShort, at::kInt), 0xffff);
    case TensorProto::UINT32:
      return at::bitwise_and(numbers<int32_t>(proto, proto.uint64_data(), at::kInt, at::kLong),
                             int64_t{0xffffffff});
    // The bits of a 16-bit float stand in an integer field.
    case TensorProto::FLOAT16:
      return numbers<int16_t>(proto, ints, at::kShort, at::kShort).view(at::kHalf);
    case TensorProto::BFLOAT16:
      return numbers<int16_t>(proto, ints, at::kShort, at::kShort).view(at::kBFloat16);
    default:
      throw NotInScope{fmt::format("tensors of type {}", TensorProto::DataType_Name(proto.data_type()))};
  }
}

Attribute attribute_of(const onnx::AttributeProto& proto) {
  switch (proto.type()) {
    case onnx::AttributeProto::INT:
      return proto.i();
    case onnx::AttributeProto::FLOAT:
      return static_cast<double>(proto.f());
    case onnx::AttributeProto::STRING:
      return proto.s();
    case onnx::AttributeProto::INTS:
      return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
    case onnx::AttributeProto::FLOATS:
      return std::vector<double>(proto.floats().begin(), proto.floats().end());
    case onnx::AttributeProto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    case onnx::AttributeProto::TENSOR:
      return tensor_of(proto.t());
    default:
      throw NotInScope{"attribute " + proto.name()};
  }
}

Node node_of(const onnx::NodeProto& proto, int64_t opset) {
  if (!proto.domain().empty() || !find_operator(proto.op_type()))
    throw NotInScope{"operator " + proto.op_type()};
  Node node{proto.name(), proto.op_type(), opset, {}, {}, {}};
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    node.attributes.emplace(attribute.name(), attribute_of(attribute));
  }
  return node;
}

ConformanceValue value_of(const onnx::ValueInfoProto& value) {
  if (!value.type().has_tensor_type()) throw NotInScope{"values that are no tensors"};
  const int32_t type = value.type().tensor_type().elem_type();
  if (type == TensorProto::STRING) throw NotInScope{"strings"};
  return {value.name(), type == TensorProto::BFLOAT16};
}

}  // namespace

ConformanceModel read_conformance_model(const std::filesystem::path& file) {
  const auto proto = parsed<onnx::ModelProto>(file);
  int64_t opset = 1;
  for (const onnx::OperatorSetIdProto& set : proto.opset_import()) {
    if (set.domain().empty()) opset = set.version();
  }
  constexpr int64_t kNewest = 25;
  if (opset > kNewest) throw NotInScope{fmt::format("operator sets beyond {}", kNewest)};
  ConformanceModel model;
  for (const onnx::NodeProto& node : proto.graph().node()) model.nodes.push_back(node_of(node, opset));
  for (const TensorProto& tensor : proto.graph().initializer()) {
    model.initializers.emplace(tensor.name(), tensor_of(tensor));
  }
  for (const onnx::ValueInfoProto& value : proto.graph().input()) {
    if (!model.initializers.contains(value.name())) model.inputs.push_back(value_of(value));
  }
  for (const onnx::ValueInfoProto& value : proto.graph().output()) model.outputs.push_back(value_of(value));
  return model;
}

at::Tensor read_conformance_tensor(const std::filesystem::path& file, const ConformanceValue& value) {
  auto proto = parsed<TensorProto>(file);
  if (value.is_bfloat16 && proto.data_type() == TensorProto::UINT16)
    proto.set_data_type(TensorProto::BFLOAT16);
  return tensor_of(proto);
}

}  // namespace shatterproof
