// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/weight.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

struct Carried {
  std::string parameter;
  bool transposed = false;
  std::vector<int64_t> sizes;
  bool is_product = false;

  int64_t numbers() const { return c10::multiply_integers(sizes); }
};

bool exchanges_last_two(const Node& node, size_t rank) {
  if (rank < 2) return false;
  std::vector<int64_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(i);
  const std::vector<int64_t> given = node.integers("perm", {order.rbegin(), order.rend()});
  std::swap(order[rank - 1], order[rank - 2]);
  return given == order;
}

class Tracing {
 public:
  explicit Tracing(const Network& network) : network_(network) {}

  // The parameter whose numbers reach the value one by one, the largest where there are several.
  std::optional<Carried> carried(const std::string& value, int depth = 0) {
    constexpr int kDeepest = 32;
    if (value.empty() || depth > kDeepest) return {};
    if (const Parameter* parameter = network_.find_parameter(value)) {
      if (!parameter->value.is_floating_point() || parameter->value.dim() < 2) return {};
      return Carried{value, false, parameter->value.sizes().vec()};
    }
    const int64_t from = network_.producer(value);
    if (from < 0) return {};
    const Node& node = network_.nodes()[static_cast<size_t>(from)];
    static const std::set<std::string> kOfFirst = {"Cast",
                                                   "CastLike",
                                                   "Identity",
                                                   "Div",
                                                   "Reshape",
                                                   "Unsqueeze",
                                                   "Squeeze",
                                                   "Sub",
                                                   "BatchNormalization",
                                                   "InstanceNormalization",
                                                   "LayerNormalization",
                                                   "LpNormalization"};
    static const std::set<std::string> kOfLargest = {"Mul", "Add", "Sum", "Where"};
    if (kOfFirst.contains(node.op)) return carried(node.inputs[0], depth + 1);
    if (kOfLargest.contains(node.op)) {
      std::optional<Carried> largest;
      for (const std::string& input : node.inputs) {
        const auto one = carried(input, depth + 1);
        if (!one) continue;
        const bool better = !largest || one->numbers() > largest->numbers() ||
                            (one->numbers() == largest->numbers() && largest->is_product && !one->is_product);
        if (better) largest = one;
      }
      return largest;
    }
    if (node.op == "Transpose") {
      auto read = carried(node.inputs[0], depth + 1);
      if (!read || !exchanges_last_two(node, read->sizes.size())) return {};
      read->transposed = !read->transposed;
      std::swap(read->sizes[read->sizes.size() - 1], read->sizes[read->sizes.size() - 2]);
      return read;
    }
    if (node.op == "MatMul") return product(node, depth);
    return {};
  }

  // The nodes that the value is made of, and the parameters among what they read.
  void collect(const std::string& value, std::set<size_t>& nodes,
               std::vector<std::string>& parameters) const {
    if (network_.find_parameter(value)) {
      if (std::find(parameters.begin(), parameters.end(), value) == parameters.end())
        parameters.push_back(value);
      return;
    }
    const int64_t from = network_.producer(value);
    if (from < 0 || !nodes.insert(static_cast<size_t>(from)).second) return;
    for (const std::string& input : network_.nodes()[static_cast<size_t>(from)].inputs)
      collect(input, nodes, parameters);
  }

 private:
  std::optional<Carried> product(const Node& node, int depth) {
    const auto first = carried(node.inputs[0], depth + 1), second = carried(node.inputs[1], depth + 1);
    if (!first || !second || first->sizes.size() != second->sizes.size()) return {};
    Carried made = first->numbers() >= second->numbers() ? *first : *second;
    made.sizes = first->sizes;
    made.sizes.back() = second->sizes.back();
    made.is_product = true;
    made.transposed = false;
    return made;
  }

  const Network& network_;
};

std::string pattern_of(const Network& network, const std::set<size_t>& nodes, const Carried& weight) {
  std::set<std::string> ops;
  for (const size_t node : nodes) ops.insert(network.nodes()[node].op);
  const auto has = [&](std::initializer_list<const char*> any) {
    return std::any_of(any.begin(), any.end(), [&](const char* op) { return ops.contains(op); });
  };
  const bool divides = has({"Div", "Reciprocal"});
  if (has({"MatMul"}) && divides) return "spectral_norm";
  if (weight.is_product) return "weight_product";
  if (has({"MatMul"})) return "low_rank_update";
  if (has({"ReduceMean", "BatchNormalization", "InstanceNormalization", "LayerNormalization"}) &&
      (divides || !has({"Pow"})))
    return "weight_standardization";
  if (has({"ReduceL2", "ReduceSum", "ReduceSumSquare", "LpNormalization"})) return "weight_norm";
  if (nodes.size() == 1 && has({"Transpose"})) return "transposed_weight";
  return "scaled_weight";
}

}  // namespace

std::optional<ComputedWeight> computed_weight(const Network& network, const std::string& value) {
  Tracing tracing(network);
  const auto weight = tracing.carried(value);
  if (!weight) return {};
  ComputedWeight found{weight->parameter, weight->transposed, weight->sizes, {}};
  std::set<size_t> nodes;
  std::vector<std::string> parameters;
  tracing.collect(value, nodes, parameters);
  found.composite.pattern = pattern_of(network, nodes, *weight);
  found.composite.role = CompositeRole::weight;
  found.composite.op = find_pattern(found.composite.pattern)->op;
  found.composite.nodes.assign(nodes.begin(), nodes.end());
  found.composite.inputs = std::move(parameters);
  found.composite.output = found.composite.nodes.back();
  return found;
}

std::vector<PatternRecord> weight_patterns() {
  const auto weight = [](const char* name, const char* op, const char* sentence, const char* picture) {
    return PatternRecord{name, CompositeRole::weight, op, sentence, picture};
  };
  return {
      weight("weight_norm", "WeightNormalization",
             "a direction divided by its length, times a magnitude that trains",
             "v -+-> ReduceL2 -> Div <- g\n"
             "   +--------------> Mul -> MatMul, Conv"),
      weight("spectral_norm", "SpectralNormalization",
             "a weight divided by its largest singular value u^T W v",
             "W -+-> MatMul v -> Mul u -> ReduceSum -> Div -> MatMul, Conv\n"
             "   +---------------------------------->"),
      weight("weight_standardization", "WeightStandardization", "a weight centred and scaled unit by unit",
             "W -> Sub mean -> Div deviation -> Conv"),
      weight("low_rank_update", "LowRankUpdate", "a base and a product of two thin matrices",
             "W ---------------------> Add -> MatMul\n"
             "B -> MatMul A -> Mul ---->"),
      weight("weight_product", "WeightProduct", "a product of two parameters", "B -> MatMul A -> MatMul"),
      weight("transposed_weight", "TransposedWeight", "another layer's or an embedding's table, transposed",
             "E -+-> Gather tokens\n"
             "   +-> Transpose -> MatMul"),
      weight("scaled_weight", "ScaledWeight", "a parameter times constants, masks among them",
             "W -> Mul c -> MatMul, Conv"),
  };
}

}  // namespace shatterproof
