// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/network/node.h"

namespace shatterproof {

/// Per step, of the values that it reads or makes, those that no later step reads or makes; `kept` are never
/// among them. A value that nobody reads is last used by the step that makes it.
template <typename Value>
std::vector<std::vector<Value>> last_uses(const std::vector<std::vector<Value>>& touched,
                                          std::set<Value> kept) {
  std::vector<std::vector<Value>> last(touched.size());
  for (size_t i = touched.size(); i-- > 0;) {
    for (const Value& value : touched[i]) {
      if (kept.insert(value).second) last[i].push_back(value);
    }
  }
  return last;
}

/// A walk over the nodes of a graph. What flows may be tensors, dual numbers or sums of parts: a rule makes a
/// node's outputs of its inputs.
///
/// A value is forgotten after the last node that touches it, unless the walk ends with it.
template <typename Value>
class Walk {
 public:
  using Values = std::unordered_map<std::string, Value>;

  /// `nodes` are in topological order. They and `constants`, values that are there all the time, must outlive
  /// the walk.
  Walk(const std::vector<Node>& nodes, const std::vector<std::string>& ends, const Values& constants)
      : nodes_(nodes), constants_(constants) {
    std::vector<std::vector<std::string>> touched;
    for (const Node& node : nodes) {
      touched.push_back(node.inputs);
      touched.back().insert(touched.back().end(), node.outputs.begin(), node.outputs.end());
    }
    last_uses_ = last_uses(touched, {ends.begin(), ends.end()});
  }

  void set(const std::string& name, Value value) { values_[name] = std::move(value); }

  /// Makes the outputs of node `index` by `rule(index, inputs)`, which may leave some of the last ones out.
  /// `forget(value)` sees what is forgotten then.
  template <typename Rule, typename Forget>
  void visit(size_t index, const Rule& rule, const Forget& forget) {
    throw_if_interrupted();
    const Node& node = nodes_[index];
    std::vector<Value> made = rule(index, inputs_of(node));
    for (size_t i = 0; i < made.size() && i < node.outputs.size(); ++i) {
      if (!node.outputs[i].empty()) values_[node.outputs[i]] = std::move(made[i]);
    }
    for (const std::string& name : last_uses_[index]) {
      const auto last = values_.find(name);
      if (last == values_.end()) continue;  // a constant
      forget(last->second);
      values_.erase(last);
    }
  }
  template <typename Rule>
  void visit(size_t index, const Rule& rule) {
    visit(index, rule, [](const Value&) {});
  }

  /// Visits all nodes.
  template <typename Rule>
  void run(const Rule& rule) {
    for (size_t i = 0; i < nodes_.size(); ++i) visit(i, rule);
  }

  /// Throws std::out_of_range when there is none.
  const Value& at(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? constants_.at(name) : found->second;
  }
  /// What a node reads now; Value() stands for an optional input left out.
  std::vector<Value> inputs_of(const Node& node) const {
    std::vector<Value> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(name.empty() ? Value() : at(name));
    return inputs;
  }
  /// What was set or made and is still to be read.
  const Values& values() const { return values_; }

 private:
  const std::vector<Node>& nodes_;
  const Values& constants_;
  std::vector<std::vector<std::string>> last_uses_;
  Values values_;
};

}  // namespace shatterproof
