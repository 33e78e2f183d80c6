// SPDX-License-Identifier: Apache-2.0
#include "network/residual_sum.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "network/patterns/constants.h"
#include "network/weight_layout.h"

namespace shatterproof {
namespace {

// Values by the node that makes them, latest first; an input of the network comes after all nodes.
using Place = std::pair<int64_t, std::string>;
template <typename T>
using Front = std::map<Place, T, std::greater<>>;

bool selects(const std::string& op) {
  static const std::set<std::string> kOps = {"Slice",    "Gather", "GatherElements", "GatherND",    "Split",
                                             "Compress", "Expand", "Unsqueeze",      "DepthToSpace"};
  return kOps.contains(op);
}

class Sums {
 public:
  Sums(const CondensedGraph& graph, const std::vector<std::vector<std::string>>& weights)
      : graph_(graph), weights_(weights), constants_(graph.network) {}

  std::optional<ResidualSum> at(size_t node) const {
    if (graph_.is_inner[node] || graph_.is_composite(node) || !adds(node)) return {};
    const std::vector<size_t> positions = graph_.dependent_inputs(node);
    if (positions.size() < 2 || enters_softmax(node) || is_gated_difference(node)) return {};
    std::optional<Skip> best;
    for (const size_t position : positions) {
      std::vector<size_t> others;
      for (const size_t other : positions) {
        if (other != position) others.push_back(other);
      }
      const std::optional<Skip> skip = skip_through(node, position, others);
      if (skip && (!best || skip->layers < best->layers ||
                   (skip->layers == best->layers && best->origin < skip->origin))) {
        best = skip;
      }
    }
    if (!best) return {};
    ResidualSum sum{node, best->position, best->branch, {}};
    if (best->origin.first >= 0) sum.origin = static_cast<size_t>(best->origin.first);
    sum.skip_scale = scale_of(node, sum.skip);
    sum.branch_scale = scale_of(node, sum.branch);
    return sum;
  }

 private:
  struct Skip {
    size_t position = 0, branch = 0;
    Place origin;
    int layers = 0;
  };
  // What lies between a value and the sum, on a skip: fewest layers, whether only a part of it is read.
  struct Way {
    int layers = 0;
    bool in_part = false;
    std::set<std::string> weights;
  };
  // The same on a branch: most layers, whether something bends, whether all of the value is read.
  struct Reach {
    int layers = 0;
    bool bends = false;
    bool whole = false;
  };

  bool adds(size_t node) const {
    return graph_.roles[node] == OperatorRole::sum || graph_.network.nodes()[node].op == "Sub";
  }

  Place place(const std::string& value) const { return {graph_.producer(value), value}; }

  // Whether all that becomes of the sum, through arithmetic and copies, enters a softmax: attention scores.
  bool enters_softmax(size_t node) const {
    std::set<size_t> front(graph_.consumers[node].begin(), graph_.consumers[node].end());
    bool any = false;
    while (!front.empty()) {
      const size_t at = *front.begin();
      front.erase(front.begin());
      if (graph_.roles[at] == OperatorRole::attention && !graph_.consumers[at].empty() &&
          (!graph_.is_composite(at) || graph_.composite_at(at)->op == "Softmax")) {
        any = true;
        continue;
      }
      if (!graph_.is_transparent(at) && graph_.roles[at] != OperatorRole::arithmetic) return false;
      if (graph_.roles[at] == OperatorRole::normalization || graph_.consumers[at].empty()) return false;
      front.insert(graph_.consumers[at].begin(), graph_.consumers[at].end());
    }
    return any;
  }

  // z (h - n) of n + z (h - n): the sum follows.
  bool is_gated_difference(size_t node) const {
    if (graph_.network.nodes()[node].op != "Sub" || graph_.consumers[node].size() != 1) return false;
    const size_t next = graph_.consumers[node].front();
    return graph_.network.nodes()[next].op == "Mul" && graph_.dependent_inputs(next).size() > 1;
  }

  // Values that reach the node's output unbent: what a skip may be read from.
  std::vector<std::string> carried(size_t node) const {
    const std::vector<std::string>& inputs = graph_.inputs(node);
    const std::vector<size_t> positions = graph_.dependent_inputs(node);
    std::vector<std::string> values;
    if (positions.empty()) return values;
    const std::string& op = graph_.network.nodes()[node].op;
    switch (graph_.roles[node]) {
      case OperatorRole::movement:
        if (op == "Concat") break;
        values.push_back(inputs[positions.front()]);
        return values;
      case OperatorRole::normalization:
        values.push_back(inputs[positions.front()]);
        return values;
      case OperatorRole::pooling: {
        static const std::set<std::string> kKeepPositions = {"AveragePool", "MaxPool", "LpPool", "Resize",
                                                             "Upsample"};
        if (kKeepPositions.contains(op)) values.push_back(inputs[positions.front()]);
        return values;
      }
      case OperatorRole::linear:
        if (!weights_[node].empty() && !is_recurrent(graph_.network.nodes()[node]))
          values.push_back(inputs[positions.front()]);
        return values;
      case OperatorRole::sum:
      case OperatorRole::arithmetic: {
        static const std::set<std::string> kCarry = {"Add", "Sum", "Mean", "Sub",
                                                     "Mul", "Div", "Neg",  "Where"};
        if (!kCarry.contains(op)) return values;
        break;
      }
      default:
        return values;
    }
    for (const size_t position : positions) values.push_back(inputs[position]);
    return values;
  }

  // Goes back along the skip, latest values first, and along the others as far: the first value that one of
  // the others depends on through more layers is where the skip starts.
  std::optional<Skip> skip_through(size_t sum, size_t position, const std::vector<size_t>& others) const {
    const std::vector<std::string>& inputs = graph_.inputs(sum);
    Front<Way> ways = {{place(inputs[position]), Way{}}};
    std::vector<Front<Reach>> fronts(others.size());
    for (size_t i = 0; i < others.size(); ++i) fronts[i][place(inputs[others[i]])] = Reach{0, false, true};
    while (!ways.empty()) {
      const auto [origin, way] = *ways.begin();
      ways.erase(ways.begin());
      std::optional<Skip> found;
      int most = 0;
      for (size_t i = 0; i < others.size(); ++i) {
        const Reach* reach = reach_of(fronts[i], origin);
        if (!reach || !(reach->layers > way.layers) ||
            !may_be_skip(sum, position, others[i], way, *reach, origin))
          continue;
        if (found && reach->layers <= most) continue;
        found = Skip{position, others[i], origin, way.layers};
        most = reach->layers;
      }
      if (found) return found;
      step_back(ways, origin, way);
    }
    return {};
  }

  bool may_be_skip(size_t sum, size_t skip, size_t branch, const Way& way, const Reach& reach,
                   const Place& origin) const {
    if (way.in_part && !reach.whole) return false;
    if (way.layers == 0) return true;
    const std::vector<std::string>& inputs = graph_.inputs(sum);
    if (!reach.bends || is_broadcast(inputs[skip]) || is_broadcast(inputs[branch])) return false;
    const std::set<std::string> of_branch = weights_between(origin, inputs[branch]);
    return std::none_of(way.weights.begin(), way.weights.end(),
                        [&](const std::string& weight) { return of_branch.contains(weight); });
  }

  // One vector for all positions is no state.
  bool is_broadcast(const std::string& value) const {
    const int64_t from = graph_.producer(value);
    if (from < 0) return false;
    const std::string& op = graph_.network.nodes()[static_cast<size_t>(from)].op;
    return op == "Unsqueeze" || op == "Expand";
  }

  void step_back(Front<Way>& ways, const Place& origin, const Way& way) const {
    if (origin.first < 0) return;
    const auto node = static_cast<size_t>(origin.first);
    Way before = way;
    before.in_part = before.in_part || selects(graph_.network.nodes()[node].op);
    if (!weights_[node].empty()) {
      ++before.layers;
      before.weights.insert(weights_[node].begin(), weights_[node].end());
    }
    if (before.in_part && before.layers > 0) return;
    for (const std::string& value : carried(node)) {
      const auto [known, is_new] = ways.emplace(place(value), before);
      if (is_new) continue;
      Way& other = known->second;
      if (before.layers < other.layers || (before.layers == other.layers && !before.in_part)) other = before;
    }
  }

  // The branch's dependence on a value, once everything between has been visited.
  const Reach* reach_of(Front<Reach>& front, const Place& wanted) const {
    while (!front.empty() && front.key_comp()(front.begin()->first, wanted)) {
      const auto [at, reach] = *front.begin();
      front.erase(front.begin());
      if (at.first < 0) continue;
      const auto node = static_cast<size_t>(at.first);
      Reach before = reach;
      before.layers += weights_[node].empty() ? 0 : 1;
      before.whole = before.whole && !selects(graph_.network.nodes()[node].op);
      before.bends = before.bends || graph_.roles[node] == OperatorRole::nonlinearity ||
                     graph_.roles[node] == OperatorRole::attention ||
                     is_recurrent(graph_.network.nodes()[node]);
      for (const size_t position : graph_.dependent_inputs(node)) {
        const auto [known, is_new] = front.emplace(place(graph_.inputs(node)[position]), before);
        if (is_new) continue;
        known->second.layers = std::max(known->second.layers, before.layers);
        known->second.bends = known->second.bends || before.bends;
        known->second.whole = known->second.whole || before.whole;
      }
    }
    const auto found = front.find(wanted);
    return found == front.end() ? nullptr : &found->second;
  }

  std::set<std::string> weights_between(const Place& origin, const std::string& value) const {
    std::set<std::string> found;
    Front<bool> front = {{place(value), true}};
    while (!front.empty()) {
      const Place at = front.begin()->first;
      front.erase(front.begin());
      if (at.first < 0 || at.first <= origin.first) continue;
      const auto node = static_cast<size_t>(at.first);
      found.insert(weights_[node].begin(), weights_[node].end());
      for (const size_t position : graph_.dependent_inputs(node))
        front[place(graph_.inputs(node)[position])] = true;
    }
    return found;
  }

  double scale_of(size_t sum, size_t position) const {
    const Node& adding = graph_.network.nodes()[sum];
    double scale = adding.op == "Sub" && position == 1 ? -1 : 1;
    if (adding.op == "Mean") scale /= static_cast<double>(adding.inputs.size());
    int64_t from = graph_.network.producer(adding.inputs[position]);
    while (from >= 0 && !graph_.is_inner[static_cast<size_t>(from)] &&
           !graph_.is_composite(static_cast<size_t>(from))) {
      const Node& node = graph_.network.nodes()[static_cast<size_t>(from)];
      size_t read = 0;
      if (node.op == "Neg") {
        scale = -scale;
      } else if (node.op == "Mul" || node.op == "Div") {
        read = constants_.varies(node.inputs[0]) ? 0 : 1;
        const auto factor = constants_.number(node.inputs[1 - read]);
        if (!factor || (node.op == "Div" && read == 1)) break;
        scale = node.op == "Mul" ? scale * *factor : scale / *factor;
      } else if (node.op != "Identity" && node.op != "Cast" && node.op != "Dropout") {
        break;
      }
      from = graph_.network.producer(node.inputs[read]);
    }
    return scale;
  }

  const CondensedGraph& graph_;
  const std::vector<std::vector<std::string>>& weights_;
  Constants constants_;
};

}  // namespace

std::vector<ResidualSum> residual_sums(const CondensedGraph& graph,
                                       const std::vector<std::vector<std::string>>& weights) {
  const Sums sums(graph, weights);
  std::vector<ResidualSum> found;
  for (size_t node = 0; node < graph.network.nodes().size(); ++node) {
    if (const auto sum = sums.at(node)) found.push_back(*sum);
  }
  return found;
}

}  // namespace shatterproof
