// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_product_of_two(const PatternGraph& graph, size_t node) {
  const std::string& op = graph.node(node).op;
  return (op == "MatMul" || op == "Einsum" || op == "Gemm") && graph.varying_inputs(node).size() > 1;
}

// Queries that belong to the network, as latents and classes have them; a matrix would be a layer's weight.
bool is_product_with_own_queries(const PatternGraph& graph, size_t node) {
  const Node& at = graph.node(node);
  if (at.op != "MatMul" || graph.constants.varies(at.inputs[0]) || !graph.constants.varies(at.inputs[1]))
    return false;
  const ConstantValue* queries = graph.constants.find(at.inputs[0]);
  return !queries || queries->value.dim() > 2;
}

// What scores may pass on their way to the softmax: scale, mask, bias, soft cap, and shifts of positions.
bool may_lie_before(const PatternGraph& graph, size_t node) {
  const OperatorRole role = operator_of(graph.node(node)).role;
  static const std::set<std::string> kShaping = {"Reshape", "Transpose",     "Unsqueeze", "Squeeze",
                                                 "Slice",   "Pad",           "Concat",    "Expand",
                                                 "Gather",  "GatherElements"};
  return is_elementwise(graph.node(node).op) || kShaping.contains(graph.node(node).op) ||
         (role == OperatorRole::shape && graph.node(node).op != "Shape");
}

// What probabilities may pass on their way to the values.
bool may_lie_after(const std::string& op) {
  static const std::set<std::string> kOps = {"Cast",  "Dropout",   "Identity", "Mul",
                                             "Where", "Reshape",   "Div",      "Transpose",
                                             "Slice", "Unsqueeze", "Squeeze",  "CastLike"};
  return kOps.contains(op);
}

struct Scores {
  std::set<size_t> products;  // queries times keys, and what is added to them
  std::set<size_t> nodes;     // between them and the softmax
};

// Goes back from the softmax; what does not come from a product of two values is mask or bias.
Scores scores_before(const PatternGraph& graph, const std::string& entering) {
  constexpr size_t kMostNodes = 64;
  Scores scores;
  std::map<size_t, bool> from_product;
  const auto visit = [&](const auto& self, const std::string& value) -> bool {
    const int64_t from = graph.maker(value);
    if (from < 0) return false;
    const auto node = static_cast<size_t>(from);
    if (graph.taken[node]) return false;
    if (is_product_of_two(graph, node) || is_product_with_own_queries(graph, node)) {
      scores.products.insert(node);
      return true;
    }
    if (!may_lie_before(graph, node) || from_product.size() > kMostNodes) return false;
    if (const auto known = from_product.find(node); known != from_product.end()) return known->second;
    from_product[node] = false;
    bool any = false;
    for (const std::string& input : graph.varying_inputs(node)) any = self(self, input) || any;
    from_product[node] = any;
    if (any) scores.nodes.insert(node);
    return any;
  };
  visit(visit, entering);
  return scores;
}

// The product with the values that the only way on from the softmax leads to.
std::optional<std::vector<size_t>> way_to_values(const PatternGraph& graph, size_t softmax) {
  std::vector<size_t> way;
  size_t at = softmax;
  while (graph.readers[at].size() == 1) {
    at = graph.readers[at].front();
    if (graph.taken[at]) return {};
    way.push_back(at);
    if (is_product_of_two(graph, at)) return way;
    if (!may_lie_after(graph.node(at).op)) return {};
  }
  return {};
}

}  // namespace

void find_attention(PatternGraph& graph, std::vector<Composite>& found) {
  for (size_t softmax = graph.taken.size(); softmax-- > 0;) {
    const Node& node = graph.node(softmax);
    if (node.op != "Softmax" || graph.taken[softmax] || !graph.constants.varies(node.inputs[0])) continue;
    const auto way = way_to_values(graph, softmax);
    if (!way) continue;
    const Scores scores = scores_before(graph, node.inputs[0]);
    if (scores.products.empty()) continue;
    std::set<size_t> members = scores.nodes;
    members.insert(scores.products.begin(), scores.products.end());
    members.insert(softmax);
    members.insert(way->begin(), way->end());
    Composite composite{.pattern = "attention",
                        .role = CompositeRole::attention,
                        .op = "Attention",
                        .nodes = {members.begin(), members.end()},
                        .output = way->back()};
    // What is read from outside, in the order in which it is read.
    for (const size_t member : composite.nodes) {
      for (const std::string& value : graph.varying_inputs(member)) {
        const int64_t from = graph.maker(value);
        const bool within = from >= 0 && members.contains(static_cast<size_t>(from));
        if (!within &&
            std::find(composite.inputs.begin(), composite.inputs.end(), value) == composite.inputs.end())
          composite.inputs.push_back(value);
      }
    }
    composite.values["scores"] = graph.node(*scores.products.begin()).outputs[0];
    composite.values["logits"] = node.inputs[0];
    composite.values["probabilities"] = node.outputs[0];
    take(graph, std::move(composite), found);
  }
}

std::vector<PatternRecord> attention_patterns() {
  return {{"attention", CompositeRole::attention, "Attention", "softmax(scale queries keys + mask) values",
           "q -+-> MatMul -> Mul scale -> Add mask -> Softmax -+-> MatMul -> y\n"
           "k -+                                            v -+"},
          {"softmax", CompositeRole::attention, "Softmax", "exponentials divided by their sum",
           "x -> Sub max -> Exp -+-> ReduceSum -> Div -> y\n"
           "                     +-------------->"}};
}

}  // namespace shatterproof
