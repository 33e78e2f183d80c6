// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>
#include <vector>

namespace shatterproof {

/// A model file in the making: what exporters write, and what they should not.
class ModelWriter {
 public:
  explicit ModelWriter(int64_t opset = 13);

  /// Sizes below 0 become symbolic.
  ModelWriter& input(const std::string& name, const std::vector<int64_t>& shape,
                     int32_t type = onnx::TensorProto::FLOAT);
  ModelWriter& output(const std::string& name);
  ModelWriter& initializer(const onnx::TensorProto& tensor);
  /// Makes `node` the one that the attribute calls below speak of.
  ModelWriter& node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::string& name = "");
  ModelWriter& attribute(const std::string& name, int64_t value);
  ModelWriter& attribute(const std::string& name, float value);
  ModelWriter& attribute(const std::string& name, const char* text);
  ModelWriter& attribute(const std::string& name, const std::vector<int64_t>& values);
  ModelWriter& attribute(const std::string& name, const onnx::TensorProto& value);

  onnx::GraphProto& graph() { return *proto.mutable_graph(); }
  onnx::NodeProto& last_node() { return *graph().mutable_node(graph().node_size() - 1); }
  std::filesystem::path write(const std::filesystem::path& path) const;

  onnx::ModelProto proto;
};

onnx::TensorProto float_tensor(const std::string& name, const std::vector<int64_t>& shape,
                               const std::vector<float>& values);
onnx::TensorProto int64_tensor(const std::string& name, const std::vector<int64_t>& shape,
                               const std::vector<int64_t>& values);
/// Values -1, -0.9, ... repeating, as raw data.
onnx::TensorProto ramp(const std::string& name, const std::vector<int64_t>& shape);

/// y = Relu(x W + b), x [batch, 4], W [4, 3].
ModelWriter small_model(int64_t opset = 13);

void write_bytes(const std::filesystem::path& path, const std::string& bytes);

}  // namespace shatterproof
