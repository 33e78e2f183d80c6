// SPDX-License-Identifier: Apache-2.0
#include "train/zero_factor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_zero(const Network& network, const std::string& name) {
  const Parameter* parameter = network.find_parameter(name);
  return parameter && parameter->trainable && parameter->value.is_floating_point() &&
         parameter->value.numel() > 0 && parameter->value.count_nonzero().item<int64_t>() == 0;
}

// What a value meets before the next layer takes it up.
struct Way {
  bool multiplies = false;  // another signal
  bool adds = false;        // to another signal
  bool ends_branch = false;
  bool leaves = false;  // is an output
};

class Purposes {
 public:
  Purposes(const Network& network, const Structure& structure) : network_(network), structure_(structure) {
    for (const Layer& layer : structure.layers) layer_at_.emplace(layer.node, &layer);
    for (const ResidualSum& sum : structure.residual_sums) sum_at_.emplace(sum.node, &sum);
    for (size_t i = 0; i < network.nodes().size(); ++i) {
      for (const std::string& input : network.nodes()[i].inputs) readers_[input].push_back(i);
    }
  }

  std::vector<ZeroFactor> factors() const {
    std::vector<ZeroFactor> found;
    std::set<std::string> seen;
    for (size_t i = 0; i < network_.nodes().size(); ++i) {
      for (size_t position = 0; position < network_.nodes()[i].inputs.size(); ++position) {
        const std::string& name = network_.nodes()[i].inputs[position];
        if (!multiplies_at(i, position) || !is_zero(network_, name) || !seen.insert(name).second) continue;
        found.push_back({name, purpose(i)});
      }
    }
    return found;
  }

 private:
  bool multiplies_at(size_t index, size_t position) const {
    const Node& node = network_.nodes()[index];
    const OperatorRole role = operator_of(node).role;
    if (role == OperatorRole::normalization) return position == 1;
    if (role == OperatorRole::linear) {
      const auto layer = layer_at_.find(index);
      return layer != layer_at_.end() && layer->second->bias != node.inputs[position];
    }
    return node.op == "Mul";
  }

  // Follows what a node makes, through everything but layers and normalizations.
  Way way_from(size_t index) const {
    Way way;
    std::set<size_t> seen, front = {index};
    while (!front.empty()) {
      const size_t at = *front.begin();
      front.erase(front.begin());
      if (!seen.insert(at).second) continue;
      for (const std::string& value : network_.nodes()[at].outputs) {
        if (value.empty()) continue;
        way.leaves = way.leaves || is_output(value);
        const auto readers = readers_.find(value);
        if (readers == readers_.end()) continue;
        for (const size_t reader : readers->second) {
          if (enters(value, reader, way)) front.insert(reader);
        }
      }
    }
    return way;
  }

  // Whether the way goes on through that reader.
  bool enters(const std::string& value, size_t reader, Way& way) const {
    const Node& node = network_.nodes()[reader];
    way.adds = way.adds || is_sum_with_signal(node, value);
    const auto sum = sum_at_.find(reader);
    if (sum != sum_at_.end() && node.inputs[sum->second->branch] == value) {
      way.ends_branch = true;
      return false;
    }
    if (layer_at_.contains(reader)) return false;
    const OperatorRole role = operator_of(node).role;
    if (role == OperatorRole::normalization || role == OperatorRole::shape) return false;
    if (node.op == "Mul" && depends(node.inputs[node.inputs[0] == value ? 1 : 0])) way.multiplies = true;
    return true;
  }

  ZeroPurpose purpose(size_t index) const {
    const Node& node = network_.nodes()[index];
    const Way way = way_from(index);
    const bool is_layer = layer_at_.contains(index);
    if (operator_of(node).role == OperatorRole::normalization)
      return way.ends_branch ? ZeroPurpose::branch_gain : ZeroPurpose::unknown;
    if (!is_layer)
      return way.ends_branch || ends_branch(index) ? ZeroPurpose::branch_scale : ZeroPurpose::unknown;
    if (way.multiplies) return ZeroPurpose::modulation;
    if (way.adds && is_second_factor(*layer_at_.at(index))) return ZeroPurpose::low_rank_factor;
    if (way.ends_branch) return ZeroPurpose::branch_layer;
    return way.leaves ? ZeroPurpose::readout : ZeroPurpose::unknown;
  }

  bool is_sum_with_signal(const Node& node, const std::string& value) const {
    if (operator_of(node).role != OperatorRole::sum) return false;
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](const std::string& input) { return input != value && depends(input); });
  }

  bool ends_branch(size_t index) const { return sum_at_.contains(index); }

  // Whether the layer reads what another made without a nonlinearity between, and narrower than both ends.
  bool is_second_factor(const Layer& layer) const {
    if (layer.input_nonlinearity && reads_nonlinearity(layer)) return false;
    const std::optional<const Layer*> first = layer_read_by(layer);
    return first && (*first)->fan_out < layer.fan_out;
  }
  bool reads_nonlinearity(const Layer& layer) const {
    const std::string& made = network_.nodes()[*layer.input_nonlinearity].outputs[0];
    const std::vector<std::string>& inputs = network_.nodes()[layer.node].inputs;
    return std::find(inputs.begin(), inputs.end(), made) != inputs.end();
  }
  std::optional<const Layer*> layer_read_by(const Layer& layer) const {
    const Node& node = network_.nodes()[layer.node];
    const std::string& read = node.inputs[0] == layer.weight ? node.inputs[1] : node.inputs[0];
    for (const Layer& other : structure_.layers) {
      if (network_.nodes()[other.output].outputs[0] == read) return &other;
    }
    return {};
  }

  bool depends(const std::string& value) const {
    const int64_t producer = network_.producer(value);
    if (producer >= 0) return structure_.depends_on_input[static_cast<size_t>(producer)];
    return !network_.find_parameter(value);
  }
  bool is_output(const std::string& value) const {
    return std::find(network_.outputs().begin(), network_.outputs().end(), value) != network_.outputs().end();
  }

  const Network& network_;
  const Structure& structure_;
  std::map<size_t, const Layer*> layer_at_;
  std::map<size_t, const ResidualSum*> sum_at_;
  std::map<std::string, std::vector<size_t>> readers_;
};

}  // namespace

std::vector<ZeroFactor> zero_factors(const Network& network, const Structure& structure) {
  return Purposes(network, structure).factors();
}

}  // namespace shatterproof
