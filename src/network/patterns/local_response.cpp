// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool may_lie_within_window(const PatternGraph& graph, size_t node) {
  static const std::set<std::string> kWindow = {"AveragePool", "Pad",       "Reshape", "Unsqueeze", "Squeeze",
                                                "Flatten",     "Transpose", "Slice",   "Identity",  "Cast"};
  const std::string& op = graph.node(node).op;
  return kWindow.contains(op) || op == "Div" || op == "Pow" || op == "Mul" || op == "Add" || op == "Sqrt";
}

size_t count(const PatternGraph& graph, const Region& region, const std::string& op) {
  return static_cast<size_t>(std::count_if(region.nodes.begin(), region.nodes.end(),
                                           [&](size_t node) { return graph.node(node).op == op; }));
}

// x over a power of one and the mean of squares in a window.
bool is_local_response(const PatternGraph& graph, const Region& region) {
  if (count(graph, region, "AveragePool") != 1 || count(graph, region, "Div") != 1) return false;
  const Node& first = graph.node(region.nodes.front());
  const bool squares =
      (first.op == "Mul" && first.inputs[0] == first.inputs[1]) ||
      (first.op == "Pow" && first.inputs.size() == 2 && graph.constants.number(first.inputs[1]) == 2);
  const int64_t below = graph.maker(graph.node(region.exit()).inputs[1]);
  return squares && graph.node(region.exit()).inputs[0] == region.entry && below >= 0 &&
         (graph.node(static_cast<size_t>(below)).op == "Pow" ||
          graph.node(static_cast<size_t>(below)).op == "Sqrt");
}

}  // namespace

void find_local_responses(PatternGraph& graph, std::vector<Composite>& found) {
  for (size_t exit = graph.taken.size(); exit-- > 0;) {
    if (graph.taken[exit] || graph.node(exit).op != "Div" || graph.varying_inputs(exit).size() != 2) continue;
    std::optional<Region> whole;
    each_region(
        graph, exit, [&](size_t node) { return may_lie_within_window(graph, node); },
        [&](const Region& region) {
          if (is_closed(graph, region) && is_local_response(graph, region)) whole = region;
          return !whole;
        });
    if (!whole) continue;
    take(graph,
         Composite{.pattern = "local_response_norm",
                   .role = CompositeRole::normalization,
                   .op = "LRN",
                   .nodes = whole->nodes,
                   .inputs = {whole->entry},
                   .output = exit},
         found);
  }
}

std::vector<PatternRecord> local_response_patterns() {
  return {{"local_response_norm", CompositeRole::normalization, "LRN",
           "divided by a power of one and the mean square of the channels around",
           "x -+-> Mul x -> Pad -> AveragePool -> Mul alpha -> Add k -> Pow beta -> Div -> y\n"
           "   +------------------------------------------------------------------>"}};
}

}  // namespace shatterproof
