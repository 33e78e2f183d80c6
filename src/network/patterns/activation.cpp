// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "network/patterns/guard.h"
#include "network/patterns/recognizers.h"
#include "network/patterns/scalar_functions.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_nonlinearity(const PatternGraph& graph, size_t node) {
  return operator_of(graph.node(node)).role == OperatorRole::nonlinearity;
}

size_t nonlinearities(const PatternGraph& graph, const Region& region) {
  return static_cast<size_t>(std::count_if(region.nodes.begin(), region.nodes.end(),
                                           [&](size_t node) { return is_nonlinearity(graph, node); }));
}

// A gain or shift that trains, or one for every unit, is a part of an activation only where it lies beside
// another way from the entry to the exit: before and after it is a parameter of its own.
bool has_gain_of_its_own(const PatternGraph& graph, const Region& region) {
  // How many values are open behind each node, going back from the exit: one means all ways pass there.
  std::set<std::string> open = {graph.node(region.exit()).outputs[0]};
  for (auto node = region.nodes.rbegin(); node != region.nodes.rend(); ++node) {
    const Node& at = graph.node(*node);
    const bool all_pass = open.size() == 1;
    for (const std::string& output : at.outputs) open.erase(output);
    for (const std::string& value : graph.varying_inputs(*node)) open.insert(value);
    if (!all_pass || !is_affine(graph, *node)) continue;
    for (const std::string& value : at.inputs) {
      if (!value.empty() && !graph.constants.varies(value) && at.op != "CastLike" &&
          !graph.constants.is_fixed_number(value))
        return true;
    }
  }
  return false;
}

bool may_be_known(const PatternGraph& graph, const Region& region) {
  const bool all_affine = std::all_of(region.nodes.begin(), region.nodes.end(),
                                      [&](size_t node) { return is_affine(graph, node); });
  if (all_affine) return false;
  const bool joins = has_join(graph, region);
  const size_t bends = nonlinearities(graph, region);
  if (region.nodes.size() == 1)
    return joins || !is_nonlinearity(graph, region.exit()) || graph.node(region.exit()).op == "Clip";
  if (joins) return true;
  if (bends > 1) return false;
  // Scaling around a nonlinearity is its own thing unless it makes one of another name.
  static const std::set<std::string> kPartOfOthers = {"Clip", "HardSigmoid", "Sigmoid", "Relu"};
  return bends == 0 || std::any_of(region.nodes.begin(), region.nodes.end(), [&](size_t node) {
           return is_nonlinearity(graph, node) && kPartOfOthers.contains(graph.node(node).op);
         });
}

std::optional<KnownFunction> function_of(const PatternGraph& graph, const Region& region) {
  const auto values = evaluate_region(graph, region, sample_points(), true);
  if (!values || values->scalar_type() != at::kDouble) return {};
  return known_function(SampledFunction(*values));
}

// Without scaling by 1 and copies at its end.
Region shortened(const PatternGraph& graph, Region region, const std::string& op) {
  while (region.nodes.size() > 1 && is_affine(graph, region.exit())) {
    Region shorter = region;
    shorter.nodes.pop_back();
    const std::vector<std::string> read = graph.varying_inputs(region.exit());
    if (read.size() != 1 || graph.node(shorter.exit()).outputs[0] != read[0]) break;
    const auto known = function_of(graph, shorter);
    if (!known || known->function->record.op != op) break;
    region = std::move(shorter);
  }
  return region;
}

bool slope_trains(const PatternGraph& graph, const Region& region) {
  for (const size_t node : region.nodes) {
    for (const std::string& value : graph.node(node).inputs) {
      const ConstantValue* constant = graph.constants.find(value);
      if (constant && (constant->trains || constant->value.numel() > 1)) return true;
    }
  }
  return false;
}

// The constant nearest to where a function was seen to jump, which is known to the step of the grid alone.
double exact_bound(const PatternGraph& graph, const Region& region, double seen) {
  std::optional<double> nearest;
  for (const size_t node : region.nodes) {
    for (const std::string& value : graph.node(node).inputs) {
      const std::optional<double> number = graph.constants.number(value);
      if (number && (!nearest || std::abs(std::abs(*number) - seen) < std::abs(*nearest - seen)))
        nearest = std::abs(*number);
    }
  }
  return nearest.value_or(seen);
}

Composite composite_of(const PatternGraph& graph, const Region& region, const KnownFunction& known) {
  Composite composite;
  composite.pattern = known.function->record.name;
  composite.op = known.function->record.op;
  composite.nodes = region.nodes;
  composite.inputs = {region.entry};
  composite.output = region.exit();
  composite.numbers = known.numbers;
  for (const auto& [pattern, bound] :
       {std::pair("hard_shrink", "lambd"), std::pair("thresholded_relu", "alpha")}) {
    if (composite.pattern == pattern)
      composite.numbers[bound] = exact_bound(graph, region, composite.numbers.at(bound));
  }
  if (composite.op == "LeakyRelu" && slope_trains(graph, region)) composite.op = "PRelu";
  return composite;
}

// The smallest region that computes a known function, or a larger one that bends more and still does: what
// follows a Max may be the Min of a clip.
std::optional<Composite> known_at(const PatternGraph& graph, size_t exit) {
  std::optional<Region> best;
  std::optional<KnownFunction> known;
  const auto may_contain = [&](size_t node) { return is_elementwise(graph.node(node).op); };
  each_region(graph, exit, may_contain, [&](const Region& region) {
    if (!is_closed(graph, region) || !may_be_known(graph, region) || has_gain_of_its_own(graph, region))
      return true;
    const auto bends_more = [&](size_t node) {
      return !std::binary_search(best->nodes.begin(), best->nodes.end(), node) && !is_affine(graph, node);
    };
    if (best && std::none_of(region.nodes.begin(), region.nodes.end(), bends_more)) return true;
    if (const auto function = function_of(graph, region)) {
      best = region;
      known = function;
    }
    return true;
  });
  if (!best) return {};
  const std::string& op = known->function->record.op;
  const Region region = shortened(graph, *best, op);
  // A node that is called what it is needs no other name.
  if (region.nodes.size() == 1 && graph.node(region.exit()).op == op) return {};
  return composite_of(graph, region, *known);
}

// A function that no table knows, of nodes with nonlinearities among them whose ways meet.
std::optional<Composite> unknown_at(const PatternGraph& graph, size_t exit) {
  std::optional<Composite> found;
  const auto may_contain = [&](size_t node) { return is_elementwise(graph.node(node).op); };
  if (graph.varying_inputs(exit).size() < 2) return found;
  each_region(graph, exit, may_contain, [&](const Region& region) {
    if (nonlinearities(graph, region) == 0 || !is_closed(graph, region)) return true;
    const auto values = evaluate_region(graph, region, sample_points(), true);
    if (!values || values->scalar_type() != at::kDouble) return true;
    found = Composite{.pattern = "elementwise",
                      .op = "Elementwise",
                      .nodes = region.nodes,
                      .inputs = {region.entry},
                      .output = region.exit()};
    return false;
  });
  return found;
}

}  // namespace

void find_activations(PatternGraph& graph, std::vector<Composite>& found) {
  for (const auto recognize : {known_at, unknown_at}) {
    for (size_t exit = graph.taken.size(); exit-- > 0;) {
      if (graph.taken[exit] || !is_elementwise(graph.node(exit).op)) continue;
      if (!graph.constants.varies(graph.node(exit).outputs[0]) || is_guard(graph, exit)) continue;
      if (auto composite = recognize(graph, exit)) take(graph, std::move(*composite), found);
    }
  }
}

std::vector<PatternRecord> activation_patterns() {
  std::vector<PatternRecord> records;
  for (const ScalarFunction& function : scalar_functions()) records.push_back(function.record);
  records.push_back({"elementwise", CompositeRole::nonlinearity, "Elementwise",
                     "any other function of one value's numbers whose ways meet around a nonlinearity",
                     "x --+-> Sin -> Mul -> Add -> y\n"
                     "    +--------------->"});
  return records;
}

}  // namespace shatterproof
