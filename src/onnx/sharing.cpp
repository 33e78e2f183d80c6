// SPDX-License-Identifier: Apache-2.0
#include "onnx/sharing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>

#include "onnx/fixed_table.h"
#include "onnx/merged_initializers.h"
#include "onnx/trainable.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Puts back nodes that moved a weight, where folding made copies of what is one parameter.
class Unfolding {
 public:
  Unfolding(GraphDraft& draft, const std::vector<Node>& moved) : draft_(draft), moved_(moved) {
    for (size_t i = 0; i < moved.size(); ++i) {
      for (const std::string& output : moved[i].outputs) {
        if (!output.empty()) made_by_[output] = i;
      }
    }
  }

  int64_t run() {
    std::map<std::string, Family> families;
    for (const TrainedSlot& slot : trained_slots(network_of(draft_), draft_.literals)) {
      const bool computed = draft_.nodes[slot.node].inputs[slot.input] != slot.parameter;
      if (computed && !made_by_.contains(slot.parameter)) continue;
      const std::string source = source_of(slot.parameter);
      Family& family = families[source];
      family.members.insert(slot.parameter);
      family.computes = family.computes || computed;
      const bool linear = operator_of(draft_.nodes[slot.node]).role == OperatorRole::linear;
      if (!linear) family.only_weights = false;
    }
    for (const Node& node : draft_.nodes) {
      for (const std::string& value : node.inputs) {
        const auto family = made_by_.contains(value) ? families.find(source_of(value)) : families.end();
        if (family != families.end()) family->second.copies.insert(value);
      }
    }
    for (const auto& [source, family] : families) settle(source, family);
    if (wanted_.empty()) return 0;
    std::vector<Node> nodes;
    for (size_t i = 0; i < moved_.size(); ++i) {
      if (wanted_.contains(i)) nodes.push_back(moved_[i]);
    }
    for (const Node& node : nodes) {
      for (const std::string& output : node.outputs) {
        draft_.constants.erase(output);
        std::erase(draft_.constant_order, output);
      }
    }
    draft_.nodes.insert(draft_.nodes.begin(), nodes.begin(), nodes.end());
    return parameters_;
  }

 private:
  // What trains and came out of one initializer.
  struct Family {
    std::unordered_set<std::string> members, copies;  // that train; that are read at all
    bool only_weights = true;
    bool computes = false;  // nodes make a weight of it, which starts from the parameter as it is
  };

  std::string source_of(std::string value) const {
    for (auto found = made_by_.find(value); found != made_by_.end(); found = made_by_.find(value))
      value = moved_[found->second].inputs[0];
    return value;
  }

  void settle(const std::string& source, const Family& family) {
    const at::Tensor& whole = draft_.constants.at(source);
    int64_t numbers = 0;
    for (const std::string& member : family.members) numbers += draft_.constants.at(member).numel();
    // What is computed from a weight follows it when it is drawn anew.
    const bool followed =
        std::any_of(family.copies.begin(), family.copies.end(),
                    [&](const std::string& copy) { return !family.members.contains(copy); });
    if (family.copies.empty() || (!followed && numbers == whole.numel() && !family.computes)) return;
    // Equal numbers were merged by the exporter; parts that layers read are parameters of these layers.
    const bool merged = family.members.size() > 1 && is_uniform(whole);
    if (!followed && !family.computes && (numbers > whole.numel() ? merged : family.only_weights)) return;
    for (std::string value : family.copies) {
      for (auto found = made_by_.find(value); found != made_by_.end(); found = made_by_.find(value)) {
        wanted_.insert(found->second);
        value = moved_[found->second].inputs[0];
      }
    }
    ++parameters_;
  }

  GraphDraft& draft_;
  const std::vector<Node>& moved_;
  std::unordered_map<std::string, size_t> made_by_;
  std::unordered_set<size_t> wanted_;
  int64_t parameters_ = 0;
};

bool is_table(const GraphDraft& draft, const std::string& value) {
  const auto found = draft.constants.find(value);
  return found != draft.constants.end() && found->second.is_floating_point() && found->second.dim() == 2 &&
         !is_uniform(found->second);
}

// The embedding table whose numbers `weight` has, and whether transposed; empty when there is none.
struct Twin {
  std::string table;
  bool transposed = false;
};

Twin twin_of(const GraphDraft& draft, const std::vector<std::string>& tables, const std::string& weight) {
  const at::Tensor& value = draft.constants.at(weight);
  for (const std::string& table : tables) {
    if (table == weight) continue;
    const at::Tensor& numbers = draft.constants.at(table);
    if (value.sizes() == numbers.sizes() && at::equal(value, numbers)) return {table, false};
    if (value.sizes() == numbers.t().sizes() && at::equal(value, numbers.t())) return {table, true};
  }
  return {};
}

// Readouts that hold a copy of an embedding table read the table itself.
void tie_readouts(GraphDraft& draft, std::vector<std::string>& notes) {
  std::vector<std::string> tables;
  const auto dependent = data_dependent_values(draft);
  for (const Node& node : draft.nodes) {
    if (node.op == "Gather" && dependent.contains(node.inputs[1]) && is_table(draft, node.inputs[0]) &&
        std::find(tables.begin(), tables.end(), node.inputs[0]) == tables.end())
      tables.push_back(node.inputs[0]);
  }
  std::vector<Node> transposes;
  for (Node& node : draft.nodes) {
    if (node.op != "MatMul" && node.op != "Gemm") continue;
    std::string& weight = node.inputs[1];
    if (!is_table(draft, weight)) continue;
    const Twin twin = twin_of(draft, tables, weight);
    if (twin.table.empty()) continue;
    notes.push_back(fmt::format("weight '{}' has the numbers of the embedding '{}'{}: one parameter",
                                printable(weight), printable(twin.table),
                                twin.transposed ? ", transposed" : ""));
    if (!twin.transposed) {
      weight = twin.table;
      continue;
    }
    const std::string name = draft.fresh_name(weight + "/embedding");
    Node transpose{name, "Transpose", node.opset, {twin.table}, {name}, {}};
    transpose.attributes["perm"] = std::vector<int64_t>{1, 0};
    transposes.push_back(std::move(transpose));
    weight = name;
  }
  draft.nodes.insert(draft.nodes.begin(), transposes.begin(), transposes.end());
}

// "/block_2/feed/MatMul" as "/block/feed/MatMul": the exporter counts how often it comes to a module.
std::string of_first_call(const std::string& name) {
  static const std::regex kCount("_[0-9]+(?=/)");
  return std::regex_replace(name, kCount, "");
}

// A module that is called again has one weight, though folding made a transposed copy for every call.
void join_calls(GraphDraft& draft, std::vector<std::string>& notes) {
  const auto read = [&](const Node& node) -> const at::Tensor* {
    if (!node.name.starts_with("/") || operator_of(node).role != OperatorRole::linear ||
        node.inputs.size() < 2)
      return nullptr;
    const auto weight = draft.constants.find(node.inputs[1]);
    const bool is_copy = weight != draft.constants.end() && is_generated_name(weight->first);
    return is_copy && weight->second.is_floating_point() && !is_uniform(weight->second) ? &weight->second
                                                                                        : nullptr;
  };
  std::map<std::string, std::string> of_first;
  for (const Node& node : draft.nodes) {
    if (read(node) && of_first_call(node.name) == node.name) of_first.emplace(node.name, node.inputs[1]);
  }
  int64_t joined = 0;
  for (Node& node : draft.nodes) {
    const at::Tensor* weight = read(node);
    const auto first = weight ? of_first.find(of_first_call(node.name)) : of_first.end();
    if (first == of_first.end() || first->second == node.inputs[1]) continue;
    if (!at::equal(draft.constants.at(first->second), *weight)) continue;
    node.inputs[1] = first->second;
    ++joined;
  }
  if (joined > 0)
    notes.push_back(fmt::format("{} weight(s) of a module that is called again: one parameter", joined));
}

}  // namespace

std::vector<std::string> settle_sharing(GraphDraft& draft, const std::vector<Node>& moved) {
  std::vector<std::string> notes;
  if (const int64_t shared = Unfolding(draft, moved).run(); shared > 0)
    notes.push_back(fmt::format("{} parameter(s) read in several forms, or in part, kept whole", shared));
  tie_readouts(draft, notes);
  join_calls(draft, notes);
  if (const int64_t made = part_merged_initializers(draft); made > 0) {
    notes.push_back(fmt::format(
        "{} parameter(s) that the exporter had merged with others of equal numbers came apart", made));
  }
  return notes;
}

}  // namespace shatterproof
