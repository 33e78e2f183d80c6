// SPDX-License-Identifier: Apache-2.0
#include "onnx/model_file.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <limits>

#include "onnx/attribute_proto.h"
#include "onnx/branch_inlining.h"
#include "onnx/contrib_rewriting.h"
#include "onnx/foreign_file.h"
#include "onnx/function_inlining.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr int64_t kOldestOperatorSet = 7, kNewestOperatorSet = 25;
constexpr int64_t kOldestVersion =
    3;  // of the intermediate representation: earlier ones name no operator set

std::string title(const onnx::NodeProto& node) {
  return fmt::format("node '{}' ({})", printable(node.name()), printable(node.op_type()));
}

Input input_of(const onnx::ValueInfoProto& proto) {
  const std::string owner = fmt::format("input '{}'", printable(proto.name()));
  if (!proto.type().has_tensor_type()) reject(owner, "must be a tensor", "a sequence, a map or no type");
  const onnx::TypeProto::Tensor& type = proto.type().tensor_type();
  if (!type.has_shape()) reject(owner, "must have a shape", "none");
  Input input;
  input.name = proto.name();
  input.dtype = dtype_of(type.elem_type(), owner);
  int64_t numbers = 1;
  for (const auto& axis : type.shape().dim()) {
    // Exporters write a free axis as a name, as nothing, as 0 and as -1.
    const int64_t size = axis.has_dim_value() && axis.dim_value() != 0 ? axis.dim_value() : -1;
    if (size < -1) reject(owner, "sizes must not be negative", std::to_string(size));
    if (__builtin_mul_overflow(numbers, std::max<int64_t>(size, 1), &numbers))
      reject(owner, "must have fewer than 2^63 numbers", fmt::format("an axis of {}", size));
    input.shape.push_back(size);
  }
  return input;
}

at::Tensor constant_of(const Node& node, const std::string& owner) {
  if (node.attributes.size() != 1)
    reject(owner, "must have one value", std::to_string(node.attributes.size()));
  const auto& [name, value] = *node.attributes.begin();
  if (const auto* tensor = std::get_if<at::Tensor>(&value)) return *tensor;
  if (const auto* number = std::get_if<double>(&value)) return at::scalar_tensor(*number, at::kFloat);
  if (const auto* number = std::get_if<int64_t>(&value)) return at::scalar_tensor(*number, at::kLong);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value))
    return at::tensor(*numbers).to(at::kFloat);
  if (const auto* numbers = std::get_if<std::vector<int64_t>>(&value)) return at::tensor(*numbers);
  reject(owner, "must be numbers", name);
}

// 16- and 64-bit floats live here as float32, so a cast to one of them is a cast to float32.
void redirect_cast(Node& node, const char* attribute) {
  const int64_t to = node.integer(attribute, 0);
  if (to == onnx::TensorProto::FLOAT16 || to == onnx::TensorProto::BFLOAT16 ||
      to == onnx::TensorProto::DOUBLE)
    node.attributes[attribute] = static_cast<int64_t>(onnx::TensorProto::FLOAT);
}

Node node_of(const onnx::NodeProto& proto, int64_t opset, TensorReader& tensors) {
  const std::string owner = title(proto);
  if (!is_onnx_domain(proto.domain()) && !is_contributed(proto.domain(), proto.op_type()))
    reject(owner, "operators must be of ONNX's own domain or a known one of 'com.microsoft'",
           fmt::format("domain '{}'", printable(proto.domain())));
  reject_control_flow(proto);
  if (proto.op_type().empty()) reject(owner, "must name an operator", "none");
  Node node;
  node.name = proto.name();
  node.op = proto.op_type();
  node.opset = opset;
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto& attribute : proto.attribute()) {
    if (!node.attributes.emplace(attribute.name(), attribute_of(attribute, tensors, owner)).second)
      reject(owner, "each attribute may be given once", fmt::format("'{}' twice", attribute.name()));
  }
  if (node.op == "Cast") redirect_cast(node, "to");
  if (node.op == "EyeLike") redirect_cast(node, "dtype");
  return node;
}

}  // namespace

bool is_onnx_domain(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

onnx::ModelProto read_model(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& cause) {
    throw IoError(fmt::format("{}: {}", printable(path.string()), cause));
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) refuse(error ? error.message() : "no such file");
  const auto refuse_foreign = [&] {
    if (const std::string kind = foreign_kind(path); !kind.empty()) refuse(kind);
  };
  if (std::filesystem::is_directory(status)) {
    refuse_foreign();
    refuse("is a directory, not an ONNX file");
  }
  if (!std::filesystem::is_regular_file(status)) refuse("is not a regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) refuse(error.message());
  if (size == 0) refuse("is empty, not an ONNX file");
  if (size > static_cast<uintmax_t>(std::numeric_limits<int32_t>::max())) {
    refuse_foreign();
    refuse("is larger than 2 GiB, where protobuf ends; save its weights as external data");
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) refuse("cannot be opened for reading");
  google::protobuf::io::FileInputStream stream(descriptor);
  stream.SetCloseOnDelete(true);
  onnx::ModelProto model;
  const bool parsed = model.ParseFromZeroCopyStream(&stream);
  if (!parsed || model.ir_version() < 1 || !model.has_graph()) {
    refuse_foreign();
    refuse(parsed ? "is not an ONNX file: it holds no graph"
                  : "is not an ONNX file, or is truncated or damaged");
  }
  return model;
}

int64_t operator_set_of(const onnx::ModelProto& model) {
  if (model.ir_version() < kOldestVersion)
    reject("model", "IR version must be 3 or later", std::to_string(model.ir_version()));
  int64_t version = 0;
  for (const auto& entry : model.opset_import()) {
    if (is_onnx_domain(entry.domain())) version = std::max(version, entry.version());
  }
  if (version < kOldestOperatorSet || version > kNewestOperatorSet) {
    reject("model",
           fmt::format("its operator set must be from {} to {} (onnx.version_converter changes it)",
                       kOldestOperatorSet, kNewestOperatorSet),
           version == 0 ? "none" : std::to_string(version));
  }
  return version;
}

GraphDraft read_graph(const onnx::ModelProto& model, const NodeProtos& nodes, TensorReader& tensors) {
  const onnx::GraphProto& graph = model.graph();
  if (graph.sparse_initializer_size() > 0)
    reject("graph", "parameters must be dense", "a sparse initializer");
  const int64_t opset = operator_set_of(model);
  GraphDraft draft;
  draft.name = graph.name().empty() ? "network" : graph.name();
  for (const auto& initializer : graph.initializer())
    draft.add_constant(initializer.name(), tensors.read(initializer));
  for (const auto& proto : graph.input()) {
    if (draft.constants.contains(proto.name())) continue;
    draft.inputs.push_back(input_of(proto));
    for (const auto& axis : proto.type().tensor_type().shape().dim())
      draft.axis_names[proto.name()].push_back(axis.dim_param());
  }
  std::unordered_set<std::string> outputs;
  for (const auto& proto : graph.output()) {
    if (!outputs.insert(proto.name()).second)
      reject("graph", "each output may be named once", fmt::format("'{}' twice", proto.name()));
    draft.outputs.push_back(proto.name());
  }
  for (const auto& proto : nodes) {
    Node node = node_of(proto, opset, tensors);
    if (is_contributed(proto.domain(), node.op)) {
      add_contributed(draft, std::move(node));
    } else if (node.op == "Constant" && node.outputs.size() == 1) {
      draft.add_constant(node.outputs[0], constant_of(node, title(proto)));
      draft.literals.insert(node.outputs[0]);
    } else {
      draft.nodes.push_back(std::move(node));
    }
  }
  return draft;
}

NodeProtos nodes_of(const onnx::ModelProto& model, const std::filesystem::path& path, int64_t byte_limit) {
  const NodeProtos inlined = model.functions_size() > 0 ? inlined_nodes(model) : model.graph().node();
  return with_decided_branches(model, inlined, path, byte_limit);
}

}  // namespace shatterproof
