// SPDX-License-Identifier: Apache-2.0
#include "onnx/sequence_rewriting.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

namespace shatterproof {
namespace {

std::optional<std::vector<int64_t>> known_integers(const GraphDraft& draft, const Node& node, size_t input) {
  if (input >= node.inputs.size()) return {};
  const auto found = draft.constants.find(node.inputs[input]);
  if (found == draft.constants.end()) return {};
  const at::Tensor list = found->second.to(at::kLong).contiguous();
  return std::vector<int64_t>(list.data_ptr<int64_t>(), list.data_ptr<int64_t>() + list.numel());
}

class Unwrapping {
 public:
  explicit Unwrapping(GraphDraft& draft) : draft_(draft) {}

  void run() {
    std::vector<Node> nodes = std::move(draft_.nodes);
    draft_.nodes.clear();
    for (Node& node : nodes) {
      if (node.op == "SplitToSequence" || node.op == "SequenceConstruct") {
        makers_.emplace(node.outputs[0], node);
        draft_.nodes.push_back(std::move(node));
      } else if (node.op == "SequenceAt") {
        take(std::move(node));
      } else if (node.op == "ConcatFromSequence") {
        join(std::move(node));
      } else {
        draft_.nodes.push_back(std::move(node));
      }
    }
    drop_dead_nodes(draft_);
  }

 private:
  void take(Node node) {
    const auto maker = makers_.find(node.inputs[0]);
    const auto place = known_integers(draft_, node, 1);
    if (maker != makers_.end() && place && place->size() == 1) {
      const Node& made = maker->second;
      if (made.op == "SequenceConstruct") {
        element(node, made, (*place)[0]);
      } else {
        part(node, made, (*place)[0]);
      }
    }
    draft_.nodes.push_back(std::move(node));
  }

  static void element(Node& node, const Node& made, int64_t place) {
    const auto count = static_cast<int64_t>(made.inputs.size());
    if (place < 0) place += count;
    if (place < 0 || place >= count) return;
    node.op = "Identity";
    node.inputs = {made.inputs[static_cast<size_t>(place)]};
  }

  void part(Node& node, const Node& made, int64_t place) {
    const bool keeps = made.inputs.size() > 1 || made.integer("keepdims", 1) != 0;
    const bool sized = made.inputs.size() > 1 && !made.inputs[1].empty();
    const auto sizes = sized ? known_integers(draft_, made, 1) : std::vector<int64_t>{1};
    if (!sizes || sizes->empty() || place < 0) return;
    const bool equal = !sized || draft_.constants.at(made.inputs[1]).dim() == 0;
    if (!equal && place >= static_cast<int64_t>(sizes->size())) return;
    const int64_t first =
        equal ? place * sizes->front() : std::accumulate(sizes->begin(), sizes->begin() + place, int64_t{0});
    const int64_t last = first + (equal ? sizes->front() : (*sizes)[static_cast<size_t>(place)]);
    const int64_t axis = made.integer("axis", 0);
    const std::string sliced = keeps ? node.outputs[0] : draft_.fresh_name(node.outputs[0] + "/part");
    const std::string axes = integers(node, "axis", axis);
    Node slice{keeps ? node.name : node.name + "/part",
               "Slice",
               node.opset,
               {made.inputs[0], integers(node, "first", first), integers(node, "last", last), axes},
               {sliced},
               {}};
    if (keeps) {
      node = std::move(slice);
      return;
    }
    draft_.nodes.push_back(std::move(slice));
    node.op = "Squeeze";
    node.inputs = {sliced, axes};
  }

  std::string integers(const Node& node, const char* role, int64_t value) {
    const std::string name = draft_.fresh_name(fmt::format("{}/{}", node.outputs[0], role));
    draft_.add_constant(name, at::full({1}, value, at::kLong));
    return name;
  }

  void join(Node node) {
    const auto maker = makers_.find(node.inputs[0]);
    if (maker != makers_.end() && maker->second.op == "SequenceConstruct" &&
        node.integer("new_axis", 0) == 0) {
      node.op = "Concat";
      node.inputs = maker->second.inputs;
      node.attributes.erase("new_axis");
    }
    draft_.nodes.push_back(std::move(node));
  }

  GraphDraft& draft_;
  std::unordered_map<std::string, Node> makers_;
};

}  // namespace

void unwrap_sequences(GraphDraft& draft) {
  const bool any = std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const Node& node) {
    return node.op == "SequenceAt" || node.op == "ConcatFromSequence";
  });
  if (any) Unwrapping(draft).run();
}

}  // namespace shatterproof
