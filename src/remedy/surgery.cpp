// SPDX-License-Identifier: Apache-2.0
#include "remedy/surgery.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "network/graph_edit.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {
namespace {

// value * factor, to be placed before a node.
std::string scaled(GraphEdit& edit, size_t before, const std::string& value, double factor) {
  const std::string by = edit.parameter(value + ".factor", at::scalar_tensor(factor));
  Node product = edit.node("Mul", value + ".scaled", {value, by});
  const std::string name = product.outputs[0];
  edit.insert_before(before, std::move(product));
  return name;
}

bool is_normalized(const Structure& structure, size_t nonlinearity) {
  return std::any_of(structure.layers.begin(), structure.layers.end(), [&](const Layer& layer) {
    return layer.nonlinearity == nonlinearity && layer.normalization.has_value();
  });
}

// The nodes that read what enters a nonlinearity on its behalf: itself, the inner ones when it is written
// out, and what negates it for the other half of a CReLU.
std::vector<size_t> readers_of_entering(const Network& network, const Structure& structure,
                                        size_t nonlinearity) {
  const std::string& entering = entering_at(network, structure, nonlinearity);
  std::vector<size_t> nodes = {nonlinearity};
  if (const Composite* composite = structure.composite_at(nonlinearity)) nodes = composite->nodes;
  for (const MirroredRectifier& mirrored : structure.mirrored_rectifiers) {
    const int64_t negation = network.producer(entering_at(network, structure, mirrored.negative));
    if (mirrored.positive == nonlinearity && negation >= 0) nodes.push_back(static_cast<size_t>(negation));
  }
  std::erase_if(nodes, [&](size_t node) {
    const std::vector<std::string>& inputs = network.nodes()[node].inputs;
    return std::find(inputs.begin(), inputs.end(), entering) == inputs.end();
  });
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

Node norm_node(GraphEdit& edit, const std::string& value, const std::vector<int64_t>& shape,
               bool over_channels) {
  if (over_channels) return edit.batch_norm(value, shape[1]);
  const std::string stem = value + ".norm";
  const std::string gain = edit.parameter(stem + ".weight", at::ones({shape.back()}), true);
  const std::string shift = edit.parameter(stem + ".bias", at::zeros({shape.back()}), true);
  Node norm = edit.node("LayerNormalization", stem, {value, gain, shift});
  norm.attributes = {{"axis", int64_t{-1}}, {"epsilon", 1e-5}};
  return norm;
}

// What enters the norm that gives the value, one node or written out; empty when none gives it.
std::optional<std::string> normalized_at(const Network& network, const Structure& structure,
                                         const std::string& value) {
  const int64_t from = network.producer(value);
  if (from < 0) return {};
  const auto node = static_cast<size_t>(from);
  const Composite* composite = structure.composite_at(node);
  const bool is_norm = composite ? composite->role == CompositeRole::normalization
                                 : operator_of(network.nodes()[node]).role == OperatorRole::normalization;
  return is_norm ? std::optional(entering_at(network, structure, node)) : std::nullopt;
}

// What enters the nonlinearity whose output the layer reads, before its norm.
std::optional<std::string> state_before(const Network& network, const Structure& structure,
                                        const Layer& layer) {
  if (!layer.input_nonlinearity) return {};
  const std::string& entering = entering_at(network, structure, *layer.input_nonlinearity);
  return normalized_at(network, structure, entering).value_or(entering);
}

}  // namespace

std::optional<Network> with_scaled_branches(const Network& network, double factor) {
  const Structure derived = structure(network);
  if (derived.residual_sums.empty()) return {};
  GraphEdit edit(network);
  for (const ResidualSum& sum : derived.residual_sums) {
    const std::string& branch = network.nodes()[sum.node].inputs[sum.branch];
    edit.redirect(sum.node, branch, scaled(edit, sum.node, branch, factor));
  }
  return edit.result();
}

std::optional<Network> with_norms(const Network& network, const ValueShapes& shapes,
                                  const std::string& norm) {
  const Structure derived = structure(network);
  GraphEdit edit(network);
  std::set<size_t> done;
  for (const Layer& layer : derived.layers) {
    if (!layer.nonlinearity || is_normalized(derived, *layer.nonlinearity) ||
        !done.insert(*layer.nonlinearity).second)
      continue;
    const std::string& entering = entering_at(network, derived, *layer.nonlinearity);
    const auto shape = shapes.find(entering);
    if (shape == shapes.end() || shape->second.size() < 2) continue;
    const bool is_image = layer.kind == LayerKind::convolution;
    // The last axis of an image is one of its sides.
    if (is_image && norm == "layer") continue;
    const bool over_channels = is_image || (shape->second.size() == 2 && norm != "layer");
    const std::vector<size_t> readers = readers_of_entering(network, derived, *layer.nonlinearity);
    if (readers.empty()) continue;
    Node inserted = norm_node(edit, entering, shape->second, over_channels);
    for (const size_t reader : readers) edit.redirect(reader, entering, inserted.outputs[0]);
    edit.insert_before(readers.front(), std::move(inserted));
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_skips(const Network& network, const ValueShapes& shapes, double beta) {
  const Structure derived = structure(network);
  if (!derived.residual_sums.empty()) return {};
  const auto shape_of = [&](const std::string& value) {
    const auto found = shapes.find(value);
    return found == shapes.end() ? std::vector<int64_t>() : found->second;
  };
  GraphEdit edit(network);
  for (const Layer& layer : derived.layers) {
    const std::optional<std::string> state = state_before(network, derived, layer);
    if (!state || !layer.nonlinearity) continue;
    const std::string& made = network.nodes()[layer.output].outputs[0];
    const std::vector<int64_t> before = shape_of(*state);
    if (before.empty() || before != shape_of(made)) continue;
    const std::string factor = edit.parameter(made + ".beta", at::scalar_tensor(beta));
    Node branch = edit.node("Mul", made + ".branch", {made, factor});
    // The state may itself be a sum by now: its readers were redirected.
    Node sum = edit.node("Add", made + ".sum", {edit.read_as(*state), branch.outputs[0]});
    const std::string next = sum.outputs[0];
    edit.insert_after(layer.output, std::move(branch));
    edit.insert_after(layer.output, std::move(sum));
    edit.redirect_readers(layer.output, next);
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_norms_in_branches(const Network& network) {
  const Structure derived = structure(network);
  const auto is_sum = [&](int64_t node) {
    return std::any_of(derived.residual_sums.begin(), derived.residual_sums.end(),
                       [&](const ResidualSum& sum) { return static_cast<int64_t>(sum.node) == node; });
  };
  GraphEdit edit(network);
  for (const ResidualSum& sum : derived.residual_sums) {
    const std::string& skip = network.nodes()[sum.node].inputs[sum.skip];
    const std::optional<std::string> normalized = normalized_at(network, derived, skip);
    // A norm behind a projection or an embedding is none of a state's.
    if (normalized && is_sum(network.producer(*normalized))) edit.redirect(sum.node, skip, *normalized);
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_nonlinearity(const Network& network, const std::string& op) {
  const Structure derived = structure(network);
  const std::set<std::string> outputs(network.outputs().begin(), network.outputs().end());
  GraphEdit edit(network);
  for (const size_t nonlinearity : derived.nonlinearities) {
    const Node& node = network.nodes()[nonlinearity];
    const Composite* composite = derived.composite_at(nonlinearity);
    const bool is_one_value =
        composite ? composite->role == CompositeRole::nonlinearity : node.inputs.size() == 1;
    // What leaves the network keeps its range.
    if (!is_one_value || node.op == op || outputs.contains(node.outputs[0])) continue;
    Node replacement = node;
    replacement.op = op;
    replacement.attributes.clear();
    replacement.inputs = {entering_at(network, derived, nonlinearity)};
    edit.replace(nonlinearity, std::move(replacement));
    if (!composite) continue;
    for (const size_t inner : composite->nodes) {
      if (inner != nonlinearity) edit.remove(inner);
    }
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_learned_slopes(const Network& network) {
  constexpr double kSlope = .25;
  const Structure derived = structure(network);
  const std::set<std::string> outputs(network.outputs().begin(), network.outputs().end());
  GraphEdit edit(network);
  for (const size_t nonlinearity : derived.nonlinearities) {
    Node node = network.nodes()[nonlinearity];
    if (node.op != "Relu" || outputs.contains(node.outputs[0])) continue;
    node.op = "PRelu";
    node.inputs.push_back(edit.parameter(node.outputs[0] + ".slope", at::full({1}, kSlope), true));
    edit.replace(nonlinearity, std::move(node));
  }
  return edit.is_changed() ? std::optional(edit.result()) : std::nullopt;
}

std::optional<Network> with_bare_output(const Network& network) {
  const std::optional<size_t> rectifier = output_rectifier(network);
  if (!rectifier) return {};
  Node passed = network.nodes()[*rectifier];
  passed.op = "Identity";
  passed.attributes.clear();
  GraphEdit edit(network);
  edit.replace(*rectifier, std::move(passed));
  return edit.result();
}

}  // namespace shatterproof
