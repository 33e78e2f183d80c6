// SPDX-License-Identifier: Apache-2.0
#include "remedy/surgery.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "remedy/graph_edit.h"
#include "remedy/shapes.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

Node node_of(GraphEdit& edit, const char* op, const std::string& stem, std::vector<std::string> inputs) {
  Node node;
  node.op = op;
  node.name = edit.fresh_name(stem);
  node.inputs = std::move(inputs);
  node.outputs = {edit.fresh_name(stem + ".out")};
  return node;
}

std::string constant(GraphEdit& edit, const std::string& stem, const at::Tensor& value, bool trainable = false) {
  const std::string name = edit.fresh_name(stem);
  edit.add_parameter({name, value.to(at::kFloat), trainable, ""});
  return name;
}

// value * factor, to be placed before a node.
std::string scaled(GraphEdit& edit, size_t before, const std::string& value, double factor) {
  const std::string by = constant(edit, value + ".factor", at::scalar_tensor(factor));
  Node product = node_of(edit, "Mul", value + ".scaled", {value, by});
  const std::string name = product.outputs[0];
  edit.insert_before(before, std::move(product));
  return name;
}

bool is_normalized(const Structure& structure, size_t nonlinearity) {
  return std::any_of(structure.layers.begin(), structure.layers.end(), [&](const Layer& layer) {
    return layer.nonlinearity == nonlinearity && layer.normalization.has_value();
  });
}

Node norm_node(GraphEdit& edit, const std::string& value, const std::vector<int64_t>& shape, bool over_channels) {
  const std::string stem = value + ".norm";
  const int64_t units = over_channels ? shape[1] : shape.back();
  const auto parameter = [&](const char* name, double fill, bool trainable) {
    return constant(edit, stem + "." + name, at::full({units}, fill), trainable);
  };
  const std::string gain = parameter("weight", 1, true), shift = parameter("bias", 0, true);
  if (!over_channels) {
    Node norm = node_of(edit, "LayerNormalization", stem, {value, gain, shift});
    norm.attributes = {{"axis", int64_t{-1}}, {"epsilon", 1e-5}};
    return norm;
  }
  Node norm = node_of(edit, "BatchNormalization", stem,
                      {value, gain, shift, parameter("mean", 0, false), parameter("variance", 1, false)});
  norm.attributes = {{"epsilon", 1e-5}};
  return norm;
}

bool lies_beside_a_skip(const Structure& structure, const Layer& layer) {
  return layer.residual_sum.has_value() || !structure.residual_sums.empty();
}

}  // namespace

std::optional<Network> with_scaled_branches(const Network& network, double factor) {
  const Structure derived = structure(network);
  if (derived.residual_sums.empty()) return {};
  GraphEdit edit(network);
  for (const ResidualSum& sum : derived.residual_sums) {
    const std::string& branch = network.nodes()[sum.node].inputs[sum.branch];
    edit.redirect(sum.node, sum.branch, scaled(edit, sum.node, branch, factor));
  }
  return edit.result();
}

std::optional<Network> with_norms(const Network& network, const Batch& batch, const std::string& norm) {
  const Structure derived = structure(network);
  const auto shapes = output_shapes(network, batch);
  GraphEdit edit(network);
  bool any = false;
  for (const Layer& layer : derived.layers) {
    if (!layer.nonlinearity || is_normalized(derived, *layer.nonlinearity)) continue;
    const Node& nonlinearity = network.nodes()[*layer.nonlinearity];
    const int64_t from = network.producer(nonlinearity.inputs[0]);
    const auto shape = from < 0 ? shapes.end() : shapes.find(static_cast<size_t>(from));
    if (shape == shapes.end() || shape->second.size() < 2) continue;
    const bool has_channels = layer.kind == LayerKind::convolution || shape->second.size() == 2;
    Node inserted = norm_node(edit, nonlinearity.inputs[0], shape->second, has_channels && norm != "layer");
    edit.redirect(*layer.nonlinearity, 0, inserted.outputs[0]);
    edit.insert_before(*layer.nonlinearity, std::move(inserted));
    any = true;
  }
  return any ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_skips(const Network& network, const Batch& batch, double beta) {
  const Structure derived = structure(network);
  const auto shapes = output_shapes(network, batch);
  GraphEdit edit(network);
  std::set<size_t> done;
  for (const Layer& layer : derived.layers) {
    if (!layer.nonlinearity || lies_beside_a_skip(derived, layer) || !done.insert(*layer.nonlinearity).second)
      continue;
    const Node& linear = network.nodes()[layer.node];
    const std::string& entering = linear.inputs[linear.inputs[0] == layer.weight ? 1 : 0];
    const int64_t from = network.producer(entering);
    const Node& last = network.nodes()[*layer.nonlinearity];
    const auto leaving = shapes.find(*layer.nonlinearity);
    const auto before = from < 0 ? shapes.end() : shapes.find(static_cast<size_t>(from));
    if (before == shapes.end() || leaving == shapes.end() || before->second != leaving->second) continue;
    const std::string factor = constant(edit, last.outputs[0] + ".beta", at::scalar_tensor(beta));
    Node branch = node_of(edit, "Mul", last.outputs[0] + ".branch", {last.outputs[0], factor});
    // The state that enters may itself be a sum by now: its readers were redirected.
    Node sum = node_of(edit, "Add", last.outputs[0] + ".sum", {edit.read_as(entering), branch.outputs[0]});
    const std::string state = sum.outputs[0];
    edit.insert_after(*layer.nonlinearity, std::move(branch));
    edit.insert_after(*layer.nonlinearity, std::move(sum));
    edit.redirect_readers(*layer.nonlinearity, state);
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_norms_in_branches(const Network& network) {
  const Structure derived = structure(network);
  GraphEdit edit(network);
  bool any = false;
  for (const ResidualSum& sum : derived.residual_sums) {
    const int64_t from = network.producer(network.nodes()[sum.node].inputs[sum.skip]);
    if (from < 0) continue;
    const Node& norm = network.nodes()[static_cast<size_t>(from)];
    if (operator_of(norm).role != OperatorRole::normalization) continue;
    edit.redirect(sum.node, sum.skip, norm.inputs[0]);
    any = true;
  }
  return any ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_nonlinearity(const Network& network, const std::string& op) {
  const Structure derived = structure(network);
  Network result(network.name());
  for (const Input& input : network.inputs()) result.add_input(input);
  for (const Parameter& parameter : network.parameters()) result.add_parameter(parameter);
  const std::set<size_t> nonlinear(derived.nonlinearities.begin(), derived.nonlinearities.end());
  const std::set<std::string> outputs(network.outputs().begin(), network.outputs().end());
  bool any = false;
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    Node node = network.nodes()[i];
    // What leaves the network keeps its range, and a gate is none of the layer's nonlinearities.
    const bool is_output = outputs.contains(node.outputs[0]);
    if (nonlinear.contains(i) && node.inputs.size() == 1 && node.op != op && !is_output) {
      node.op = op;
      node.attributes.clear();
      any = true;
    }
    result.add_node(std::move(node));
  }
  for (const std::string& output : network.outputs()) result.add_output(output);
  return any ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace shatterproof
