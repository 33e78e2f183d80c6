// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <set>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_statistic(const std::string& op) {
  static const std::set<std::string> kOps = {"ReduceMean", "ReduceSum",         "ReduceSumSquare",
                                             "ReduceL1",   "ReduceL2",          "ReduceMax",
                                             "ReduceMin",  "GlobalAveragePool", "ReduceLogSumExp"};
  return kOps.contains(op);
}

bool may_lie_within(const PatternGraph& graph, size_t node) {
  static const std::set<std::string> kMovements = {"Expand", "Unsqueeze", "Squeeze", "Reshape"};
  const std::string& op = graph.node(node).op;
  return is_elementwise(op) || is_statistic(op) || kMovements.contains(op);
}

std::vector<int64_t> axes_of_statistic(const PatternGraph& graph, const Node& node) {
  if (node.op == "GlobalAveragePool") return {2, 3};
  std::vector<int64_t> axes = node.integers("axes");
  if (axes.empty() && node.inputs.size() > 1) axes = graph.constants.integers(node.inputs[1]).value_or(axes);
  return axes;
}

struct Statistics {
  std::vector<int64_t> axes;
  int64_t least_rank = 1;
};

// Axes of the first statistic; no axes: all of them.
std::optional<Statistics> statistics_of(const PatternGraph& graph, const Region& region) {
  std::optional<Statistics> found;
  for (const size_t node : region.nodes) {
    if (!is_statistic(graph.node(node).op)) continue;
    const std::vector<int64_t> axes = axes_of_statistic(graph, graph.node(node));
    if (!found) found = Statistics{axes, 1};
    for (const int64_t axis : axes)
      found->least_rank = std::max(found->least_rank, axis < 0 ? -axis : axis + 1);
    if (graph.node(node).op == "GlobalAveragePool") found->least_rank = 4;
  }
  return found;
}

// What the exit's value does when the entry's is scaled and shifted.
struct Behaviour {
  bool keeps_under_scaling = false;
  bool keeps_under_shift = false;
  bool has_unit_length = false;
  bool is_softmax = false;
  int64_t rank = 0;
};

at::Tensor probe(int64_t rank) {
  constexpr int64_t kBatch = 3;
  std::vector<int64_t> sizes(static_cast<size_t>(rank), 4);
  if (rank > 1) sizes[0] = kBatch;
  at::Generator generator = at::detail::createCPUGenerator(1);
  return at::randn(sizes, generator, at::kDouble);
}

bool are_alike(const at::Tensor& a, const at::Tensor& b) {
  constexpr double kOfEpsilons = 1e-4;
  return a.sizes() == b.sizes() && a.isfinite().all().item<bool>() &&
         (a - b).abs().max().item<double>() <= kOfEpsilons * (1e-6 + a.abs().max().item<double>());
}

std::vector<int64_t> front_axes(const std::vector<int64_t>& axes, int64_t rank) {
  std::vector<int64_t> found;
  for (const int64_t axis : axes) found.push_back(axis < 0 ? axis + rank : axis);
  if (found.empty()) {
    for (int64_t axis = 0; axis < rank; ++axis) found.push_back(axis);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<Behaviour> behaviour_of(const PatternGraph& graph, const Region& region,
                                      const Statistics& statistics) {
  constexpr double kLarge = 1e3, kScale = 8, kShift = 3e3;  // beside which an epsilon is nothing
  for (const int64_t rank : {std::max<int64_t>(3, statistics.least_rank),
                             std::max<int64_t>(4, statistics.least_rank), statistics.least_rank}) {
    const at::Tensor x = probe(rank);
    const auto run = [&](const at::Tensor& entering) {
      return evaluate_region(graph, region, entering, false);
    };
    const auto plain = run(kLarge * x), small = run(x);
    if (!plain || plain->sizes() != x.sizes() || plain->scalar_type() != at::kDouble) continue;
    const auto scaled = run(kScale * kLarge * x), shifted = run(kLarge * x + kShift);
    Behaviour found;
    found.rank = rank;
    const bool varies = plain->std().item<double>() > 0;
    found.keeps_under_scaling = varies && scaled && are_alike(*plain, *scaled);
    found.keeps_under_shift = varies && shifted && are_alike(*plain, *shifted);
    const std::vector<int64_t> axes = front_axes(statistics.axes, rank);
    const at::Tensor squares = plain->square().sum(axes);
    found.has_unit_length = are_alike(squares, at::ones_like(squares));
    found.is_softmax = axes.size() == 1 && small && are_alike(*small, at::softmax(x, axes[0]));
    return found;
  }
  return {};
}

// Of the mean that is subtracted: what a longer region may have more than a shorter one.
bool only_centres(const PatternGraph& graph, const Region& longer, const Region& shorter) {
  static const std::set<std::string> kCentring = {
      "Sub", "ReduceMean", "GlobalAveragePool", "Cast", "Neg", "Identity",
      "Add", "Expand",     "ReduceSum",         "Div",  "Mul"};
  bool has_statistic = false;
  for (const size_t node : longer.nodes) {
    if (std::binary_search(shorter.nodes.begin(), shorter.nodes.end(), node)) continue;
    const Node& at = graph.node(node);
    if (!kCentring.contains(at.op) || (at.op == "Div" && graph.constants.varies(at.inputs[1]))) return false;
    has_statistic = has_statistic || is_statistic(at.op);
  }
  return has_statistic;
}

std::string operator_name(const Behaviour& behaviour, const Statistics& statistics) {
  const std::vector<int64_t> axes = front_axes(statistics.axes, behaviour.rank);
  const bool over_batch =
      std::find(statistics.axes.begin(), statistics.axes.end(), 0) != statistics.axes.end();
  if (behaviour.has_unit_length && !behaviour.keeps_under_shift) return "LpNormalization";
  if (!behaviour.keeps_under_shift) return "RMSNormalization";
  if (over_batch) return "BatchNormalization";
  const bool over_positions = statistics.axes.size() > 1 && statistics.axes[0] == 2;
  return over_positions ? "InstanceNormalization" : "LayerNormalization";
}

const char* pattern_name(const std::string& op) {
  static const std::map<std::string, const char*> kNames = {
      {"LpNormalization", "l2_norm"},       {"RMSNormalization", "rms_norm"},
      {"BatchNormalization", "batch_norm"}, {"InstanceNormalization", "instance_norm"},
      {"GroupNormalization", "group_norm"}, {"LayerNormalization", "layer_norm"}};
  return kNames.at(op);
}

bool multiplies_by_constant(const PatternGraph& graph, size_t node) {
  const std::string& op = graph.node(node).op;
  return (op == "Mul" || op == "Add") && graph.varying_inputs(node).size() == 1 &&
         graph.node(node).inputs[0] != graph.node(node).inputs[1];
}

const std::string& constant_operand(const PatternGraph& graph, size_t node) {
  const Node& at = graph.node(node);
  return graph.constants.varies(at.inputs[0]) ? at.inputs[1] : at.inputs[0];
}

// Takes in the gain and the shift that follow, whose numbers are one per unit.
void absorb_affine(const PatternGraph& graph, Composite& composite) {
  std::vector<size_t> ahead;
  size_t at = composite.output;
  while (const auto next = graph.only_reader(at)) {
    const Node& node = graph.node(*next);
    if (graph.taken[*next]) return;
    ahead.push_back(*next);
    at = *next;
    if (node.op == "Cast" || node.op == "Identity" || node.op == "CastLike") continue;
    if (!multiplies_by_constant(graph, at)) return;
    const std::string& operand = constant_operand(graph, at);
    const ConstantValue* constant = graph.constants.find(operand);
    const bool is_one_number = constant && constant->value.numel() == 1 && !constant->trains;
    const char* name = node.op == "Mul" ? "scale" : "bias";
    if (is_one_number || composite.values.contains(name) ||
        (node.op == "Mul" && composite.values.contains("bias")))
      return;
    composite.values[name] = operand;
    composite.nodes.insert(composite.nodes.end(), ahead.begin(), ahead.end());
    composite.output = at;
    ahead.clear();
    if (node.op == "Add") return;
  }
}

// A norm between two reshapes normalizes groups of channels.
void absorb_groups(const PatternGraph& graph, Composite& composite) {
  const int64_t before = graph.maker(composite.inputs[0]);
  const auto after = graph.only_reader(composite.output);
  if (before < 0 || !after || graph.taken[static_cast<size_t>(before)] || graph.taken[*after]) return;
  if (graph.node(static_cast<size_t>(before)).op != "Reshape" || graph.node(*after).op != "Reshape") return;
  for (const size_t reader : graph.readers[static_cast<size_t>(before)]) {
    if (std::find(composite.nodes.begin(), composite.nodes.end(), reader) == composite.nodes.end()) return;
  }
  // Back to what it was: [batch, groups, ...] has fewer than all axes.
  composite.op = "GroupNormalization";
  composite.nodes.insert(composite.nodes.begin(), static_cast<size_t>(before));
  composite.nodes.push_back(*after);
  composite.inputs = {graph.node(static_cast<size_t>(before)).inputs[0]};
  composite.output = *after;
}

void finish(PatternGraph& graph, Composite composite, std::vector<Composite>& found) {
  const bool may_have_groups =
      composite.op == "LayerNormalization" || composite.op == "InstanceNormalization";
  if (may_have_groups) absorb_groups(graph, composite);
  absorb_affine(graph, composite);
  composite.pattern = pattern_name(composite.op);
  std::sort(composite.nodes.begin(), composite.nodes.end());
  take(graph, std::move(composite), found);
}

std::optional<Composite> normalization_at(const PatternGraph& graph, size_t exit) {
  std::optional<Region> best;
  std::optional<Composite> found;
  each_region(
      graph, exit, [&](size_t node) { return may_lie_within(graph, node); },
      [&](const Region& region) {
        const auto statistics = statistics_of(graph, region);
        if (!statistics || !is_closed(graph, region)) return true;
        if (best && !only_centres(graph, region, *best)) return false;
        const auto behaviour = behaviour_of(graph, region, *statistics);
        if (!behaviour) return !best;
        if (!best && behaviour->is_softmax) {
          found = Composite{.pattern = "softmax",
                            .role = CompositeRole::attention,
                            .op = "Softmax",
                            .nodes = region.nodes,
                            .inputs = {region.entry},
                            .output = exit};
          return false;
        }
        if (!behaviour->keeps_under_scaling) return !best;
        best = region;
        const std::string op = operator_name(*behaviour, *statistics);
        found = Composite{.role = CompositeRole::normalization,
                          .op = op,
                          .nodes = region.nodes,
                          .inputs = {region.entry},
                          .output = exit};
        return !behaviour->keeps_under_shift;
      });
  return found;
}

bool ends_a_norm(const std::string& op) {
  return op == "Div" || op == "Mul";
}

}  // namespace

void find_normalizations(PatternGraph& graph, std::vector<Composite>& found) {
  for (size_t exit = graph.taken.size(); exit-- > 0;) {
    const Node& node = graph.node(exit);
    if (graph.taken[exit] || !graph.constants.varies(node.outputs[0])) continue;
    if (node.op == "InstanceNormalization") {
      Composite composite{.role = CompositeRole::normalization,
                          .op = "InstanceNormalization",
                          .nodes = {exit},
                          .inputs = {node.inputs[0]},
                          .output = exit};
      absorb_groups(graph, composite);
      if (composite.op == "GroupNormalization") finish(graph, std::move(composite), found);
      continue;
    }
    if (!ends_a_norm(node.op) || graph.varying_inputs(exit).size() != 2) continue;
    auto composite = normalization_at(graph, exit);
    if (!composite) continue;
    if (composite->role == CompositeRole::normalization) {
      finish(graph, std::move(*composite), found);
    } else {
      take(graph, std::move(*composite), found);
    }
  }
}

std::vector<PatternRecord> normalization_patterns() {
  const auto norm = [](const char* name, const char* op, const char* sentence, const char* picture) {
    return PatternRecord{name, CompositeRole::normalization, op, sentence, picture};
  };
  return {
      norm("layer_norm", "LayerNormalization", "centred and divided by its deviation over the last axes",
           "x -> Sub mean -+-> Pow 2 -> ReduceMean -> Add eps -> Sqrt -> Div -> Mul gain -> Add shift -> y\n"
           "               +------------------------------------------>"),
      norm("rms_norm", "RMSNormalization", "divided by the root of its mean square",
           "x -+-> Pow 2 -> ReduceMean -> Add eps -> Sqrt -> Reciprocal -> Mul -> Mul gain -> y\n"
           "   +------------------------------------------------------->"),
      norm("l2_norm", "LpNormalization", "divided by its length",
           "x -+-> ReduceL2 -> Clip eps -> Div -> y\n"
           "   +------------------------->"),
      norm("group_norm", "GroupNormalization", "normalized between two reshapes, by groups of channels",
           "x -> Reshape -> InstanceNormalization -> Reshape -> Mul gain -> Add shift -> y"),
      norm("instance_norm", "InstanceNormalization", "centred and divided by its deviation over positions",
           "x -> Sub mean -+-> Pow 2 -> ReduceMean 2, 3 -> Add eps -> Sqrt -> Div -> y\n"
           "               +----------------------------------------------->"),
      norm("batch_norm", "BatchNormalization", "centred and divided by its deviation over the batch",
           "x -> Sub mean -+-> Pow 2 -> ReduceMean 0 -> Add eps -> Sqrt -> Div -> y\n"
           "               +-------------------------------------------->"),
  };
}

}  // namespace shatterproof
