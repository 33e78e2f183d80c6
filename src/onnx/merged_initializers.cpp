// SPDX-License-Identifier: Apache-2.0
#include "onnx/merged_initializers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "onnx/fixed_table.h"
#include "onnx/trainable.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

struct Read {
  size_t node;
  size_t input;
};

bool is_recurrent(const Node& node) {
  return node.op == "RNN" || node.op == "GRU" || node.op == "LSTM";
}

bool has_statistics(const Node& node) {
  return node.op == "BatchNormalization";
}

// What a parameter is to the node that reads it.
std::string_view role_of(const Node& node, size_t input) {
  const OperatorRole role = operator_of(node).role;
  if (is_recurrent(node)) {
    constexpr std::string_view kRoles[] = {"input", "weight", "recurrent_weight", "bias", "",
                                           "state", "cell",   "peephole"};
    return kRoles[std::min<size_t>(input, 7)];
  }
  if (has_statistics(node)) {
    constexpr std::string_view kRoles[] = {"input", "weight", "bias", "running_mean", "running_var"};
    return kRoles[std::min<size_t>(input, 4)];
  }
  if (role == OperatorRole::normalization) return input == 1 ? "weight" : "bias";
  if (role == OperatorRole::linear) return input == 2 ? "bias" : "weight";
  if (node.op == "PRelu") return "slope";
  if (role == OperatorRole::sum || node.op == "Sub") return "bias";
  if (node.op == "Mul") return "scale";
  return "value";
}

class Parting {
 public:
  explicit Parting(GraphDraft& draft) : draft_(draft) {
    const Network network = network_of(draft);
    for (const TrainedSlot& slot : trained_slots(network, draft.literals)) {
      if (draft.nodes[slot.node].inputs[slot.input] == slot.parameter) {
        trained_.insert({slot.node, slot.input});
      } else {
        computed_from_.insert(slot.parameter);
      }
    }
    for (size_t i = 0; i < draft.nodes.size(); ++i) {
      const Node& node = draft.nodes[i];
      for (size_t k = 0; k < node.inputs.size(); ++k) {
        readers_[node.inputs[k]].push_back(i);
        if (draft.constants.contains(node.inputs[k])) reads_[node.inputs[k]].push_back({i, k});
      }
      for (const std::string& output : node.outputs) producer_[output] = i;
    }
  }

  int64_t run() {
    // The limit of the pass that merges them in the exporter of PyTorch 2.
    constexpr int64_t kMostMerged = 1024;
    int64_t made = 0;
    for (const std::string& name : std::vector<std::string>(draft_.constant_order)) {
      const auto reads = reads_.find(name);
      const at::Tensor& value = draft_.constants.at(name);
      if (reads == reads_.end() || reads->second.size() < 2 || !value.is_floating_point() ||
          value.numel() > kMostMerged || computed_from_.contains(name))
        continue;
      made += part(name, reads->second);
    }
    return made;
  }

 private:
  bool owns(const Read& read) const {
    const Node& node = draft_.nodes[read.node];
    return trained_.contains({read.node, read.input}) || (has_statistics(node) && read.input > 2);
  }

  int64_t part(const std::string& name, const std::vector<Read>& reads) {
    const bool trains = std::any_of(reads.begin(), reads.end(), [&](const Read& read) { return owns(read); });
    if (!trains) return 0;
    std::vector<std::vector<Read>> groups;
    for (const Read& read : reads) {
      const auto group = std::find_if(groups.begin(), groups.end(), [&](const std::vector<Read>& known) {
        return is_one_parameter(name, known.front(), read);
      });
      if (group == groups.end()) {
        groups.push_back({read});
      } else {
        group->push_back(read);
      }
    }
    const size_t keeper = keeper_of(name, groups);
    for (size_t i = 0; i < groups.size(); ++i) {
      if (i != keeper) give_own(name, groups[i]);
    }
    return static_cast<int64_t>(groups.size()) - 1;
  }

  // The group that keeps the name: the first whose role the name tells.
  size_t keeper_of(const std::string& name, const std::vector<std::vector<Read>>& groups) const {
    for (size_t i = 0; i < groups.size(); ++i) {
      const std::string_view role = role_of(draft_.nodes[groups[i].front().node], groups[i].front().input);
      if (owns(groups[i].front()) && name.ends_with(role)) return i;
    }
    for (size_t i = 0; i < groups.size(); ++i) {
      if (owns(groups[i].front())) return i;
    }
    return 0;
  }

  void give_own(const std::string& name, const std::vector<Read>& group) {
    const Node& first = draft_.nodes[group.front().node];
    const std::string own =
        draft_.fresh_name(fmt::format("{}.{}", first.name, role_of(first, group.front().input)));
    draft_.add_constant(own, draft_.constants.at(name).clone());
    for (const Read& read : group) draft_.nodes[read.node].inputs[read.input] = own;
  }

  bool is_one_parameter(const std::string& name, const Read& a, const Read& b) const {
    const Node &first = draft_.nodes[a.node], &second = draft_.nodes[b.node];
    if (owns(a) != owns(b)) return false;
    if (!owns(a)) return true;  // a constant of the graph, wherever it is read
    if (first.op != second.op || a.input != b.input) return false;
    const std::string_view role = role_of(first, a.input);
    const bool uniform = is_uniform(draft_.constants.at(name));
    const OperatorRole kind = operator_of(first).role;
    if (kind == OperatorRole::linear) return role == "bias" ? first.inputs[1] == second.inputs[1] : !uniform;
    if (role == "bias" && kind == OperatorRole::sum) {
      const std::string one = weight_before(first), other = weight_before(second);
      if (!one.empty() || !other.empty()) return one == other;
    }
    if (!uniform) return true;
    const std::set<std::string> one = weights_after(a.node), other = weights_after(b.node);
    // Weights that are zero may be merged themselves.
    const bool tells = std::any_of(one.begin(), one.end(), [&](const std::string& weight) {
      return !is_uniform(draft_.constants.at(weight));
    });
    return tells && one == other && !leads_to(a.node, b.node) && !leads_to(b.node, a.node);
  }

  // The weight whose product the Add gives a bias to.
  std::string weight_before(const Node& add) const {
    for (const std::string& value : add.inputs) {
      const auto found = producer_.find(value);
      if (found == producer_.end()) continue;
      const Node& node = draft_.nodes[found->second];
      if (operator_of(node).role != OperatorRole::linear) continue;
      for (const std::string& operand : node.inputs) {
        if (draft_.constants.contains(operand)) return operand;
      }
    }
    return "";
  }

  // Whether what one node gives reaches the other before a layer: what is added twice is two parameters.
  bool leads_to(size_t from, size_t to) const {
    std::set<size_t> seen;
    std::vector<size_t> pending = {from};
    while (!pending.empty()) {
      const size_t index = pending.back();
      pending.pop_back();
      if (index == to && index != from) return true;
      const bool ends =
          index > to || (index != from && operator_of(draft_.nodes[index]).role == OperatorRole::linear);
      if (!seen.insert(index).second || ends) continue;
      for (const std::string& output : draft_.nodes[index].outputs) {
        if (const auto readers = readers_.find(output); readers != readers_.end())
          pending.insert(pending.end(), readers->second.begin(), readers->second.end());
      }
    }
    return false;
  }

  // Weights of the layers that read what the node gives, before any other layer.
  std::set<std::string> weights_after(size_t start) const {
    std::set<std::string> weights;
    std::set<size_t> seen;
    std::vector<size_t> pending = {start};
    while (!pending.empty()) {
      const size_t index = pending.back();
      pending.pop_back();
      if (!seen.insert(index).second) continue;
      const Node& node = draft_.nodes[index];
      if (index != start && operator_of(node).role == OperatorRole::linear) {
        bool found = false;
        for (const std::string& operand : node.inputs) {
          if (draft_.constants.contains(operand)) {
            weights.insert(operand);
            found = true;
          }
        }
        if (found) continue;
      }
      for (const std::string& output : node.outputs) {
        if (const auto readers = readers_.find(output); readers != readers_.end())
          pending.insert(pending.end(), readers->second.begin(), readers->second.end());
      }
    }
    return weights;
  }

  GraphDraft& draft_;
  std::set<std::pair<size_t, size_t>> trained_;
  std::unordered_set<std::string> computed_from_;  // what is read in several forms on purpose
  std::unordered_map<std::string, std::vector<size_t>> readers_;
  std::unordered_map<std::string, std::vector<Read>> reads_;
  std::unordered_map<std::string, size_t> producer_;
};

}  // namespace

int64_t part_merged_initializers(GraphDraft& draft) {
  return Parting(draft).run();
}

}  // namespace shatterproof
