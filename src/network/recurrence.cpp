// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/recurrence.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>

#include "network/weight_layout.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr size_t kFewestSteps = 3;

// A weight and the nodes that multiply by it, in topological order.
struct SharedWeight {
  const Parameter* weight = nullptr;
  std::vector<size_t> nodes;
};

// The parameter a value is, itself or transposed.
const Parameter* weight_at(const Network& network, const std::string& value) {
  if (const Parameter* parameter = network.find_parameter(value)) return parameter;
  const int64_t from = network.producer(value);
  if (from < 0) return nullptr;
  const Node& node = network.nodes()[static_cast<size_t>(from)];
  return node.op == "Transpose" ? network.find_parameter(node.inputs[0]) : nullptr;
}

// A constant matrix to the left says which nodes of a graph are neighbours: its layers are no steps.
const Parameter* weight_of(const Network& network, const Node& node) {
  for (const size_t position : {size_t{1}, size_t{0}}) {
    if (position >= node.inputs.size()) continue;
    const Parameter* weight = weight_at(network, node.inputs[position]);
    if (!weight || !weight->value.is_floating_point() || weight->value.dim() < 2) continue;
    if (weight->trainable || position > 0) return weight;
  }
  return nullptr;
}

// Constant weights are alike without being one.
bool has_same_numbers(const at::Tensor& a, const at::Tensor& b) {
  if (a.is_same(b)) return true;
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type() || a.numel() < 2) return false;
  const auto beginning = [](const at::Tensor& t) {
    constexpr int64_t kCompared = 16;
    return t.flatten().narrow(0, 0, std::min(kCompared, t.numel()));
  };
  if (!beginning(a).equal(beginning(b)) || !a.equal(b)) return false;
  return a.max().item<double>() > a.min().item<double>();
}

// Per node: whether what comes out depends on an input of the network. The first product of a cell may be
// with a state that is constant.
std::vector<bool> depends_on_input(const Network& network) {
  std::vector<bool> depends(network.nodes().size());
  for (size_t i = 0; i < depends.size(); ++i) {
    if (operator_of(network.nodes()[i]).role == OperatorRole::shape) continue;
    for (const std::string& value : network.nodes()[i].inputs) {
      if (value.empty() || network.find_parameter(value)) continue;
      const int64_t from = network.producer(value);
      if (from < 0 || depends[static_cast<size_t>(from)]) depends[i] = true;
    }
  }
  return depends;
}

std::vector<SharedWeight> shared_weights(const Network& network, const std::vector<bool>& depends) {
  std::vector<SharedWeight> found;
  std::map<std::string, size_t> place_of;                     // by name
  std::map<std::vector<int64_t>, std::vector<size_t>> alike;  // by sizes
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    const Node& node = network.nodes()[i];
    if (operator_of(node).role != OperatorRole::linear || is_recurrent(node) || !depends[i]) continue;
    const Parameter* weight = weight_of(network, node);
    if (!weight) continue;
    const auto [place, is_new] = place_of.emplace(weight->name, found.size());
    if (is_new) {
      std::vector<size_t>& candidates = alike[weight->value.sizes().vec()];
      const auto same = std::find_if(candidates.begin(), candidates.end(), [&](size_t other) {
        return has_same_numbers(found[other].weight->value, weight->value);
      });
      if (same != candidates.end()) {
        place->second = *same;
      } else {
        candidates.push_back(found.size());
        found.push_back({weight, {}});
      }
    }
    found[place->second].nodes.push_back(i);
  }
  return found;
}

bool depends_on(const Network& network, size_t node, size_t earlier) {
  std::set<size_t> front = {node};
  while (!front.empty()) {
    const size_t at = *front.rbegin();
    front.erase(at);
    if (at == earlier) return true;
    for (const std::string& value : network.nodes()[at].inputs) {
      const int64_t from = network.producer(value);
      if (from >= static_cast<int64_t>(earlier)) front.insert(static_cast<size_t>(from));
    }
  }
  return false;
}

bool is_chain(const Network& network, const std::vector<size_t>& nodes) {
  for (size_t k = 1; k < nodes.size(); ++k) {
    if (!depends_on(network, nodes[k], nodes[k - 1])) return false;
  }
  return true;
}

// What enters between one product and the next, of what depends on an input of the network.
std::set<std::string> entering(const Network& network, const std::vector<bool>& depends, size_t from,
                               size_t to) {
  std::set<size_t> passed = {from};
  for (size_t i = from + 1; i <= to; ++i) {
    for (const std::string& value : network.nodes()[i].inputs) {
      const int64_t maker = network.producer(value);
      if (maker >= 0 && passed.contains(static_cast<size_t>(maker))) passed.insert(i);
    }
  }
  std::set<std::string> found;
  std::set<size_t> front = {to};
  while (!front.empty()) {
    const size_t at = *front.rbegin();
    front.erase(at);
    if (at == from) continue;
    for (const std::string& value : network.nodes()[at].inputs) {
      if (value.empty() || network.find_parameter(value)) continue;
      const int64_t maker = network.producer(value);
      if (maker >= 0 && passed.contains(static_cast<size_t>(maker))) {
        front.insert(static_cast<size_t>(maker));
      } else if (maker < 0 || depends[static_cast<size_t>(maker)]) {
        found.insert(value);
      }
    }
  }
  return found;
}

// Whether every step is given the same, as on the way to a fixed point: what came first comes last too.
bool is_iteration(const Network& network, const std::vector<bool>& depends,
                  const std::vector<size_t>& nodes) {
  const std::set<std::string> first = entering(network, depends, nodes[0], nodes[1]);
  if (first.empty()) return false;
  for (size_t k = 2; k < nodes.size(); ++k) {
    if (entering(network, depends, nodes[k - 1], nodes[k]) != first) return false;
  }
  return true;
}

std::string without_suffix(const std::string& weight) {
  constexpr std::string_view kSuffix = ".weight";
  return weight.ends_with(kSuffix) ? weight.substr(0, weight.size() - kSuffix.size()) : weight;
}

void add_directions(const Network& network, size_t index, std::vector<Recurrence>& found) {
  const Node& node = network.nodes()[index];
  const std::string direction = node.text("direction", "forward");
  const int64_t directions = direction == "bidirectional" ? 2 : 1;
  for (int64_t d = 0; d < directions; ++d) {
    Recurrence recurrence;
    recurrence.name = node.title() + (d == 1 ? ".reverse" : "");
    recurrence.cell = node.op;
    recurrence.nodes = {index};
    recurrence.direction = d;
    recurrence.is_reverse = d == 1 || direction == "reverse";
    if (network.find_parameter(node.inputs[2])) recurrence.weight = node.inputs[2];
    constexpr size_t kBias = 3;
    if (node.inputs.size() > kBias && network.find_parameter(node.inputs[kBias]))
      recurrence.bias = node.inputs[kBias];
    found.push_back(std::move(recurrence));
  }
}

}  // namespace

std::vector<Recurrence> recurrences(const Network& network) {
  std::vector<Recurrence> found;
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    if (is_recurrent(network.nodes()[i])) add_directions(network, i, found);
  }
  const std::vector<bool> depends = depends_on_input(network);
  for (const SharedWeight& shared : shared_weights(network, depends)) {
    if (shared.nodes.size() < kFewestSteps || !is_chain(network, shared.nodes)) continue;
    if (is_iteration(network, depends, shared.nodes)) continue;
    Recurrence recurrence;
    recurrence.name = without_suffix(shared.weight->name);
    recurrence.cell = "unrolled";
    recurrence.nodes = shared.nodes;
    recurrence.weight = shared.weight->name;
    found.push_back(std::move(recurrence));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Recurrence& a, const Recurrence& b) { return a.nodes[0] < b.nodes[0]; });
  return found;
}

}  // namespace shatterproof
