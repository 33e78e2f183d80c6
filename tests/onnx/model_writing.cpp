// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/model_writing.h"

#include <fstream>
#include <functional>
#include <numeric>

namespace shatterproof {
namespace {

onnx::TensorProto shaped(const std::string& name, const std::vector<int64_t>& shape, int32_t type) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const int64_t size : shape) tensor.add_dims(size);
  return tensor;
}

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const std::string& name,
                                    onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace

ModelWriter::ModelWriter(int64_t opset) {
  proto.set_ir_version(7);
  proto.set_producer_name("tests");
  proto.add_opset_import()->set_version(opset);
  graph().set_name("graph");
}

ModelWriter& ModelWriter::input(const std::string& name, const std::vector<int64_t>& shape, int32_t type) {
  onnx::ValueInfoProto& value = *graph().add_input();
  value.set_name(name);
  auto* tensor = value.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (size_t i = 0; i < shape.size(); ++i) {
    auto* axis = tensor->mutable_shape()->add_dim();
    if (shape[i] < 0) {
      axis->set_dim_param("axis_" + std::to_string(i));
    } else {
      axis->set_dim_value(shape[i]);
    }
  }
  return *this;
}

ModelWriter& ModelWriter::output(const std::string& name) {
  graph().add_output()->set_name(name);
  return *this;
}

ModelWriter& ModelWriter::initializer(const onnx::TensorProto& tensor) {
  *graph().add_initializer() = tensor;
  return *this;
}

ModelWriter& ModelWriter::node(const std::string& op, const std::vector<std::string>& inputs,
                               const std::vector<std::string>& outputs, const std::string& name) {
  onnx::NodeProto& added = *graph().add_node();
  added.set_op_type(op);
  added.set_name(name);
  for (const std::string& value : inputs) added.add_input(value);
  for (const std::string& value : outputs) added.add_output(value);
  return *this;
}

ModelWriter& ModelWriter::attribute(const std::string& name, int64_t value) {
  add_attribute(last_node(), name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

ModelWriter& ModelWriter::attribute(const std::string& name, float value) {
  add_attribute(last_node(), name, onnx::AttributeProto::FLOAT).set_f(value);
  return *this;
}

ModelWriter& ModelWriter::attribute(const std::string& name, const char* text) {
  add_attribute(last_node(), name, onnx::AttributeProto::STRING).set_s(text);
  return *this;
}

ModelWriter& ModelWriter::attribute(const std::string& name, const std::vector<int64_t>& values) {
  auto& added = add_attribute(last_node(), name, onnx::AttributeProto::INTS);
  for (const int64_t value : values) added.add_ints(value);
  return *this;
}

ModelWriter& ModelWriter::attribute(const std::string& name, const onnx::TensorProto& value) {
  *add_attribute(last_node(), name, onnx::AttributeProto::TENSOR).mutable_t() = value;
  return *this;
}

std::filesystem::path ModelWriter::write(const std::filesystem::path& path) const {
  write_bytes(path, proto.SerializeAsString());
  return path;
}

onnx::TensorProto float_tensor(const std::string& name, const std::vector<int64_t>& shape,
                               const std::vector<float>& values) {
  onnx::TensorProto tensor = shaped(name, shape, onnx::TensorProto::FLOAT);
  for (const float value : values) tensor.add_float_data(value);
  return tensor;
}

onnx::TensorProto int64_tensor(const std::string& name, const std::vector<int64_t>& shape,
                               const std::vector<int64_t>& values) {
  onnx::TensorProto tensor = shaped(name, shape, onnx::TensorProto::INT64);
  for (const int64_t value : values) tensor.add_int64_data(value);
  return tensor;
}

onnx::TensorProto ramp(const std::string& name, const std::vector<int64_t>& shape) {
  const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  std::string bytes;
  constexpr int64_t kPeriod = 21;
  for (int64_t i = 0; i < count; ++i) {
    const float value = 0.1F * static_cast<float>(i % kPeriod) - 1;
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  onnx::TensorProto tensor = shaped(name, shape, onnx::TensorProto::FLOAT);
  tensor.set_raw_data(bytes);
  return tensor;
}

ModelWriter small_model(int64_t opset) {
  ModelWriter model(opset);
  model.input("x", {-1, 4}).output("y").initializer(ramp("W", {4, 3})).initializer(ramp("b", {3}));
  model.node("MatMul", {"x", "W"}, {"xW"}).node("Add", {"xW", "b"}, {"z"}).node("Relu", {"z"}, {"y"});
  return model;
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace shatterproof
