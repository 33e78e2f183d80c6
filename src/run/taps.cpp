// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/taps.h"

#include <algorithm>
#include <optional>
#include <set>

#include "network/movement.h"
#include "network/recalibration.h"
#include "network/softmax.h"

namespace shatterproof {
namespace {

class Placing {
 public:
  Placing(const Network& graph, const Structure& structure, const TapPlacement& placement)
      : graph_(graph), structure_(structure), placement_(placement), has_tap_(graph.nodes().size()) {}

  std::vector<Tap> taps() {
    layer_taps();
    output_taps();
    other_taps();
    std::stable_sort(placed_.begin(), placed_.end(),
                     [](const Tap& a, const Tap& b) { return a.node < b.node; });
    std::vector<Tap> taps = input_taps();
    describe();
    taps.insert(taps.end(), placed_.begin(), placed_.end());
    for (size_t i = 0; i < taps.size(); ++i) taps[i].order = i;
    return taps;
  }

 private:
  Tap& place(size_t node, TapKind kind) {
    Tap tap;
    tap.kind = kind;
    tap.node = node;
    has_tap_[node] = true;
    placed_.push_back(std::move(tap));
    return placed_.back();
  }

  // Which nodes end the state of a layer, and whose units are channels.
  struct Marks {
    explicit Marks(size_t nodes)
        : is_mirror(nodes), is_state(nodes), has_channels(nodes), concatenation_of(nodes, -1) {}
    std::vector<bool> is_mirror, is_state, has_channels;
    std::vector<int64_t> concatenation_of;
  };

  Marks marks() const {
    Marks marks(graph_.nodes().size());
    for (const MirroredRectifier& rectifier : structure_.mirrored_rectifiers) {
      marks.is_mirror[rectifier.negative] = true;
      marks.concatenation_of[rectifier.positive] = static_cast<int64_t>(rectifier.concatenation);
    }
    std::set<std::optional<size_t>> origins;  // of skips
    for (const ResidualSum& sum : structure_.residual_sums) origins.insert(sum.origin);
    for (const Layer& layer : structure_.layers) {
      if (layer.kind == LayerKind::convolution) {
        marks.has_channels[layer.output] = true;
        if (layer.nonlinearity) marks.has_channels[*layer.nonlinearity] = true;
        if (layer.residual_sum) marks.has_channels[structure_.residual_sums[*layer.residual_sum].node] = true;
      }
      if (layer.residual_sum) {
        marks.is_state[structure_.residual_sums[*layer.residual_sum].node] = true;
      } else if (origins.contains(layer.output) ||
                 (structure_.nonlinearities.empty() && &layer != &structure_.layers.back())) {
        marks.is_state[layer.output] = true;
      } else if (layer.nonlinearity) {
        const int64_t joined = marks.concatenation_of[*layer.nonlinearity];
        marks.is_state[joined >= 0 ? static_cast<size_t>(joined) : *layer.nonlinearity] = true;
      }
    }
    return marks;
  }

  void layer_taps() {
    Marks marks = this->marks();
    const auto place_marked = [&](size_t node, TapKind kind) -> Tap& {
      Tap& tap = place(node, kind);
      tap.layer_state = marks.is_state[node];
      tap.channels = marks.has_channels[node];
      return tap;
    };
    for (const Layer& layer : structure_.layers) {
      if (layer.kind != LayerKind::recurrent) {
        place_marked(layer.output, TapKind::pre_activation);
      } else if (placed_.empty() || placed_.back().node != layer.node) {
        // Two layers, of one node; what it gives out has passed the nonlinearities within.
        place_marked(layer.node, TapKind::other).layer_state = true;
      }
    }
    const std::vector<bool> recalibrates = recalibrating_nodes(graph_, structure_);
    const std::vector<bool> is_behind = nodes_behind_layers();
    for (const size_t node : structure_.nonlinearities) {
      const std::string& op = graph_.nodes()[node].op;
      const bool is_code = !is_behind[node] && (op == "Sin" || op == "Cos");
      if (is_code) continue;             // of the inputs alone, as of a step's number: no units
      if (recalibrates[node]) continue;  // of summaries, which hardly differ between examples
      const Composite* composite = structure_.composite_at(node);
      if (composite && composite->role == CompositeRole::gate) continue;  // of several pre-activations
      place_marked(node, TapKind::activation).negated_half = marks.is_mirror[node];
      if (marks.concatenation_of[node] < 0) continue;
      const auto joined = static_cast<size_t>(marks.concatenation_of[node]);
      marks.has_channels[joined] = marks.has_channels[node];
      place_marked(joined, TapKind::concatenation);
    }
    for (const ResidualSum& sum : structure_.residual_sums) {
      Tap& tap = place_marked(sum.node, TapKind::residual_sum);
      tap.skip = sum.skip;
      tap.branch = sum.branch;
    }
  }

  // Nodes behind what has weights; all of them where nothing has.
  std::vector<bool> nodes_behind_layers() const {
    std::vector<bool> is_behind(graph_.nodes().size(), structure_.layers.empty());
    for (const Layer& layer : structure_.layers) is_behind[layer.node] = true;
    const auto carries = [&](const std::string& value) {
      if (const int64_t from = graph_.producer(value); from >= 0)
        return bool(is_behind[static_cast<size_t>(from)]);
      const Parameter* parameter = graph_.find_parameter(value);
      return parameter && parameter->trainable;
    };
    for (size_t i = 0; i < is_behind.size(); ++i) {
      const std::vector<std::string>& read = graph_.nodes()[i].inputs;
      is_behind[i] = is_behind[i] || std::any_of(read.begin(), read.end(), carries);
    }
    return is_behind;
  }

  void output_taps() {
    for (const std::string& value : output_values(graph_, placement_.logits)) {
      const int64_t from = graph_.producer(value);
      if (from >= 0) place(static_cast<size_t>(from), TapKind::output);
    }
  }

  void other_taps() {
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (is_embedding(graph_, structure_, i)) {
        place(i, TapKind::input);
      } else if (!has_tap_[i] && placement_.every_node && structure_.depends_on_input[i]) {
        place(i, TapKind::other);
      }
    }
  }

  std::vector<Tap> input_taps() const {
    std::vector<Tap> taps;
    for (const Input& input : graph_.inputs()) {
      if (!at::isFloatingType(input.dtype)) continue;
      Tap tap;
      tap.name = input.name;
      tap.kind = TapKind::input;
      taps.push_back(std::move(tap));
    }
    return taps;
  }

  // Per node: whether it lies on a way from the origin of a skip to the sum in which it ends.
  std::vector<bool> bypassed_nodes() const {
    std::vector<bool> bypassed(graph_.nodes().size());
    for (const ResidualSum& sum : structure_.residual_sums) {
      std::set<size_t> front = {sum.node};
      while (!front.empty()) {
        const size_t node = *front.rbegin();
        front.erase(node);
        if (node != sum.node) bypassed[node] = true;
        for (const std::string& value : graph_.nodes()[node].inputs) {
          const int64_t from = graph_.producer(value);
          if (from < 0 || (sum.origin && static_cast<size_t>(from) <= *sum.origin)) continue;
          if (structure_.depends_on_input[static_cast<size_t>(from)]) front.insert(static_cast<size_t>(from));
        }
      }
    }
    return bypassed;
  }

  void describe() {
    const std::vector<bool> bypassed = bypassed_nodes();
    int layer = 0;
    auto next_layer = structure_.layers.begin();
    for (Tap& tap : placed_) {
      while (next_layer != structure_.layers.end() && next_layer->node <= tap.node) ++next_layer, ++layer;
      const Node& node = graph_.nodes()[tap.node];
      tap.name = node.title();
      tap.op = operator_at(graph_, structure_, tap.node);
      tap.depth = structure_.depth[tap.node];
      tap.layer = layer;
      tap.bypassed = bypassed[tap.node];
      if (tap.kind == TapKind::output && looked_at_twice(tap)) tap.name += ":output";
    }
  }

  // Whether another tap bears the name of its node.
  bool looked_at_twice(const Tap& output) const {
    return std::any_of(placed_.begin(), placed_.end(), [&](const Tap& tap) {
      return tap.node == output.node && tap.kind != TapKind::output;
    });
  }

  const Network& graph_;
  const Structure& structure_;
  const TapPlacement& placement_;
  std::vector<bool> has_tap_;
  std::vector<Tap> placed_;
};

}  // namespace

const Node* final_softmax(const Network& graph, const std::string& output) {
  std::string value = output;
  for (int64_t from = graph.producer(value); from >= 0; from = graph.producer(value)) {
    const Node& last = graph.nodes()[static_cast<size_t>(from)];
    // One over the examples is no choice among classes.
    if (is_softmax(last)) return last.integer("axis", -1) == 0 ? nullptr : &last;
    // What exporters end a graph with, numbers and shape being the same.
    if (last.op != "Identity" && last.op != "Cast") return nullptr;
    value = last.inputs[0];
  }
  return nullptr;
}

std::optional<size_t> output_rectifier(const Network& graph) {
  if (graph.outputs().size() != 1) return {};
  const int64_t last = maker_of_logits(graph);
  const bool rectifies = last >= 0 && graph.nodes()[static_cast<size_t>(last)].op == "Relu";
  return rectifies ? std::optional(static_cast<size_t>(last)) : std::nullopt;
}

std::vector<std::string> output_values(const Network& graph, bool logits) {
  std::vector<std::string> values = graph.outputs();
  if (!logits) return values;
  for (std::string& value : values) {
    if (const Node* softmax = final_softmax(graph, value)) value = softmax->inputs[0];
  }
  return values;
}

bool is_embedding(const Network& graph, const Structure& structure, size_t node) {
  const Node& gather = graph.nodes()[node];
  if (gather.op != "Gather" || gather.inputs.size() < 2 || !structure.depends_on_input[node]) return false;
  const Parameter* table = graph.find_parameter(gather.inputs[0]);
  return table && table->value.is_floating_point() && !graph.find_parameter(gather.inputs[1]);
}

std::vector<Tap> taps_of(const Network& graph, const Structure& structure, const TapPlacement& placement) {
  return Placing(graph, structure, placement).taps();
}

std::vector<Tap> taps_of(const Network& graph, const TapPlacement& placement) {
  return taps_of(graph, structure(graph), placement);
}

}  // namespace shatterproof
