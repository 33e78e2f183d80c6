// SPDX-License-Identifier: Apache-2.0
#include "network/condensed_graph.h"

#include <algorithm>

namespace shatterproof {
namespace {

OperatorRole role_of(CompositeRole role) {
  switch (role) {
    case CompositeRole::nonlinearity:
      return OperatorRole::nonlinearity;
    case CompositeRole::normalization:
      return OperatorRole::normalization;
    case CompositeRole::attention:
      return OperatorRole::attention;
    case CompositeRole::gate:
    case CompositeRole::weight:
      return OperatorRole::arithmetic;
  }
  return OperatorRole::arithmetic;
}

// A gate is one node already, and what makes weights lies beside the network's values.
bool is_condensed(const Composite& composite) {
  return composite.role != CompositeRole::gate && composite.role != CompositeRole::weight;
}

}  // namespace

CondensedGraph::CondensedGraph(const Network& whole, const std::vector<Composite>& composites)
    : network(whole),
      consumers(whole.nodes().size()),
      depends(whole.nodes().size()),
      is_inner(whole.nodes().size()),
      owner_(whole.nodes().size()) {
  const size_t count = whole.nodes().size();
  roles.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    roles.push_back(operator_of(whole.nodes()[i]).role);
    for (const std::string& value : whole.nodes()[i].inputs) {
      if (depends_on_input(value)) depends[i] = true;
    }
    if (roles[i] == OperatorRole::shape) depends[i] = false;
  }
  for (const Composite& composite : composites) {
    if (!is_condensed(composite)) continue;
    for (const size_t node : composite.nodes) {
      owner_[node] = &composite;
      is_inner[node] = node != composite.output;
    }
    roles[composite.output] = role_of(composite.role);
  }
  for (size_t i = 0; i < count; ++i) {
    if (is_inner[i]) continue;
    for (const std::string& value : inputs(i)) {
      const int64_t from = producer(value);
      if (from < 0) continue;
      std::vector<size_t>& known = consumers[static_cast<size_t>(from)];
      if (known.empty() || known.back() != i) known.push_back(i);
    }
  }
}

bool CondensedGraph::depends_on_input(const std::string& value) const {
  if (value.empty() || network.find_parameter(value)) return false;
  const int64_t from = network.producer(value);
  return from < 0 || depends[static_cast<size_t>(from)];
}

const std::vector<std::string>& CondensedGraph::inputs(size_t node) const {
  const Composite* composite = composite_at(node);
  return composite ? composite->inputs : network.nodes()[node].inputs;
}

std::vector<size_t> CondensedGraph::dependent_inputs(size_t node) const {
  std::vector<size_t> positions;
  const std::vector<std::string>& entering = inputs(node);
  for (size_t i = 0; i < entering.size(); ++i) {
    if (depends_on_input(entering[i])) positions.push_back(i);
  }
  return positions;
}

int64_t CondensedGraph::producer(const std::string& value) const {
  const int64_t from = network.producer(value);
  if (from < 0 || !is_inner[static_cast<size_t>(from)]) return from;
  return static_cast<int64_t>(owner_[static_cast<size_t>(from)]->output);
}

const Composite* CondensedGraph::composite_at(size_t node) const {
  return is_inner[node] ? nullptr : owner_[node];
}

bool CondensedGraph::is_transparent(size_t node) const {
  switch (roles[node]) {
    case OperatorRole::normalization:
    case OperatorRole::movement:
    case OperatorRole::pooling:
    case OperatorRole::sum:
      return true;
    case OperatorRole::arithmetic: {
      // x - mean(x) and x / deviation(x) normalize; a product of two values of the batch is a gate.
      const std::string& op = network.nodes()[node].op;
      return op == "Sub" || op == "Div" || dependent_inputs(node).size() == 1;
    }
    default:
      return false;
  }
}

}  // namespace shatterproof
