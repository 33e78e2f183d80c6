// SPDX-License-Identifier: Apache-2.0
#include "onnx/metadata.h"

#include <ATen/ATen.h>

#include <string_view>
#include <unordered_map>

#include "onnx/trainable.h"

namespace shatterproof {
namespace {

// Keys are one of these and the parameter's name.
constexpr std::string_view kTrainable = "shatterproof.trainable:",
                           kInitial = "shatterproof.prescribed_scheme:";

void add(onnx::ModelProto& model, std::string_view key, const std::string& parameter,
         const std::string& value) {
  auto* entry = model.add_metadata_props();
  entry->set_key(std::string(key) + parameter);
  entry->set_value(value);
}

}  // namespace

void write_metadata(const Network& network, onnx::ModelProto& model) {
  const auto guessed = trainable_parameters(network);
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.trainable != guessed.contains(parameter.name))
      add(model, kTrainable, parameter.name, parameter.trainable ? "true" : "false");
    if (!parameter.prescribed_scheme.empty())
      add(model, kInitial, parameter.name, parameter.prescribed_scheme);
  }
}

Network marked(const Network& network, const onnx::ModelProto& model,
               const std::unordered_set<std::string>& literals) {
  const auto guessed = trainable_parameters(network, literals);
  std::unordered_map<std::string, std::string> said;
  for (const auto& entry : model.metadata_props()) {
    if (entry.key().starts_with("shatterproof.")) said.emplace(entry.key(), entry.value());
  }
  Network result(network.name());
  for (const Input& input : network.inputs()) result.add_input(input);
  for (Parameter parameter : network.parameters()) {
    parameter.trainable = guessed.contains(parameter.name);
    if (const auto found = said.find(std::string(kTrainable) + parameter.name); found != said.end())
      parameter.trainable = found->second == "true" && parameter.value.is_floating_point();
    if (const auto found = said.find(std::string(kInitial) + parameter.name); found != said.end())
      parameter.prescribed_scheme = found->second;
    result.add_parameter(std::move(parameter));
  }
  for (const Node& node : network.nodes()) result.add_node(node);
  for (const std::string& output : network.outputs()) result.add_output(output);
  return result;
}

}  // namespace shatterproof
