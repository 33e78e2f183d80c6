// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/export.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "onnx/attribute_proto.h"
#include "onnx/evaluation.h"
#include "onnx/free_axes.h"
#include "onnx/metadata.h"
#include "onnx/operator_set_17.h"
#include "onnx/random_inputs.h"
#include "onnx/tensor_proto.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof {
namespace {

constexpr int64_t kIrVersion = 8, kIrVersionOfLaterSets = 10;
constexpr const char* kBatch = "batch";

// Shapes of all values for two and for three examples; empty when free axes keep the network from running.
struct ShapesByBatch {
  Shapes two, three;
  std::unordered_map<std::string, at::ScalarType> dtypes;  // of outputs
};

int64_t fixed_batch(const GraphDraft& draft) {
  for (const Input& input : draft.inputs) {
    if (!input.shape.empty() && input.shape[0] > 0) return input.shape[0];
  }
  return 0;
}

void note_shapes(const GraphDraft& draft, int64_t batch, int64_t free_size, ShapesByBatch& known,
                 Shapes& shapes) {
  const int64_t limit = half_of_memory();
  shapes.clear();
  const auto outputs = evaluate(draft, random_inputs(draft, batch, free_size, 1, limit), limit, &shapes);
  for (size_t i = 0; i < outputs.size(); ++i) known.dtypes[draft.outputs[i]] = outputs[i].scalar_type();
}

ShapesByBatch shapes_of(const GraphDraft& draft) {
  const int64_t fixed = fixed_batch(draft);
  ShapesByBatch known;
  for (const int64_t size : kStandInSizes) {
    try {
      note_shapes(draft, fixed > 0 ? fixed : 2, size, known, known.two);
      note_shapes(draft, fixed > 0 ? fixed : 3, size, known, known.three);
      return known;
    } catch (const std::invalid_argument&) {
      if (!has_free_axes(draft)) throw;
    }
  }
  return {};
}

onnx::TypeProto::Tensor* declare(onnx::ValueInfoProto& proto, const std::string& name, at::ScalarType dtype) {
  proto.set_name(name);
  auto* type = proto.mutable_type()->mutable_tensor_type();
  type->set_elem_type(element_type_of(dtype, fmt::format("value '{}'", printable(name))));
  return type;
}

void declare_input(const Input& input, onnx::GraphProto& graph) {
  auto* shape = declare(*graph.add_input(), input.name, input.dtype)->mutable_shape();
  for (size_t i = 0; i < input.shape.size(); ++i) {
    auto* axis = shape->add_dim();
    if (input.shape[i] >= 0) {
      axis->set_dim_value(input.shape[i]);
    } else {
      axis->set_dim_param(i == 0 ? std::string(kBatch) : fmt::format("{}_axis_{}", input.name, i));
    }
  }
}

// Axes that have the size of the batch for two and for three examples carry its name; others that are known
// their size.
void declare_output(const std::string& name, const ShapesByBatch& known, bool sizes_are_fixed,
                    onnx::GraphProto& graph) {
  const auto dtype = known.dtypes.find(name);
  auto* type = declare(*graph.add_output(), name, dtype == known.dtypes.end() ? at::kFloat : dtype->second);
  const auto two = known.two.find(name), three = known.three.find(name);
  if (two == known.two.end() || three == known.three.end() || two->second.size() != three->second.size())
    return;
  auto* shape = type->mutable_shape();
  for (size_t i = 0; i < two->second.size(); ++i) {
    auto* axis = shape->add_dim();
    const int64_t of_two = two->second[i], of_three = three->second[i];
    if (of_two == 2 && of_three == 3) {
      axis->set_dim_param(kBatch);
    } else if (of_two == of_three && sizes_are_fixed) {
      axis->set_dim_value(of_two);
    }
  }
}

onnx::ModelProto model_of(const Network& network) {
  const GraphDraft original = draft_of(network);
  const ShapesByBatch known = shapes_of(original);
  const int64_t opset = exported_operator_set(original);
  const GraphDraft draft = opset == kExportedOperatorSet ? in_operator_set_17(original, known.two) : original;
  onnx::ModelProto model;
  model.set_ir_version(opset == kExportedOperatorSet ? kIrVersion : kIrVersionOfLaterSets);
  model.set_producer_name("shatterproof");
  auto* set = model.add_opset_import();
  set->set_domain("");
  set->set_version(opset);
  write_metadata(network, model);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(draft.name.empty() ? "network" : draft.name);
  for (const Input& input : draft.inputs) declare_input(input, graph);
  for (const std::string& output : draft.outputs) declare_output(output, known, !has_free_axes(draft), graph);
  for (const std::string& value : draft.constant_order)
    *graph.add_initializer() = tensor_proto(value, draft.constants.at(value));
  for (const Node& node : draft.nodes) {
    onnx::NodeProto& proto = *graph.add_node();
    proto.set_name(node.name);
    proto.set_op_type(node.op);
    for (const std::string& value : node.inputs) proto.add_input(value);
    for (const std::string& value : node.outputs) proto.add_output(value);
    for (const auto& [name, attribute] : node.attributes)
      *proto.add_attribute() = attribute_proto(name, attribute);
  }
  return model;
}

void check_size(const Network& network, const ExportOptions& options) {
  int64_t bytes = 0;
  for (const Parameter& parameter : network.parameters())
    bytes += static_cast<int64_t>(parameter.value.nbytes());
  if (bytes > options.largest_file)
    reject("export", fmt::format("parameters must take at most {} bytes", options.largest_file),
           std::to_string(bytes));
}

}  // namespace

void export_onnx(const Network& network, const std::filesystem::path& path, const ExportOptions& options) {
  check_size(network, options);
  const onnx::ModelProto model = model_of(network);
  OutputFile file(path);
  model.SerializeToOstream(&file.stream());
  file.check();
  file.close();
}

}  // namespace shatterproof
