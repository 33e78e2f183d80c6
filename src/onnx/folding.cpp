// SPDX-License-Identifier: Apache-2.0
#include "onnx/folding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <set>

#include "onnx/evaluation.h"
#include "onnx/trainable.h"
#include "onnx/work_budget.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Whether the value is known to be floating-point without running anything: its producer says so, or what
// that moved or computed it from.
bool is_floating(const GraphDraft& draft, const std::vector<Node>& before, const std::string& value) {
  constexpr int kFarthest = 64;
  std::string at = value;
  for (int steps = 0; steps < kFarthest; ++steps) {
    if (const auto constant = draft.constants.find(at); constant != draft.constants.end())
      return constant->second.is_floating_point();
    for (const Input& input : draft.inputs) {
      if (input.name == at) return c10::isFloatingType(input.dtype);
    }
    const auto producer = std::find_if(before.begin(), before.end(), [&](const Node& node) {
      return std::find(node.outputs.begin(), node.outputs.end(), at) != node.outputs.end();
    });
    if (producer == before.end() || producer->inputs.empty()) return false;
    switch (operator_of(*producer).role) {
      case OperatorRole::linear:
      case OperatorRole::normalization:
      case OperatorRole::attention:
        return true;
      case OperatorRole::shape:
        return false;
      default:
        if (producer->op == "Cast" || producer->op == "CastLike" || producer->op == "Where") return false;
        at = producer->inputs[0];
    }
  }
  return false;
}

// A constant cast like something floating-point, which is float32 here whatever the data.
bool is_cast_to_float(const GraphDraft& draft, const std::vector<Node>& before, const Node& node) {
  return node.op == "CastLike" && node.inputs.size() == 2 && draft.constants.contains(node.inputs[0]) &&
         !draft.constants.contains(node.inputs[1]) && is_floating(draft, before, node.inputs[1]);
}

bool is_foldable(const GraphDraft& draft, const Node& node) {
  switch (operator_of(node).role) {
    case OperatorRole::movement:
    case OperatorRole::shape:
    case OperatorRole::arithmetic:
    case OperatorRole::sum:
    case OperatorRole::nonlinearity:
      break;
    default:  // products and statistics of constants stay visible as the nodes they are
      return false;
  }
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& value) {
    return value.empty() || draft.constants.contains(value);
  });
}

// Whether the node's results hold no number of a weight: numbers written into the graph, and what comes of
// them.
bool is_literal(const GraphDraft& draft, const Node& node) {
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& value) {
    return value.empty() || draft.literals.contains(value) || !draft.constants.at(value).is_floating_point();
  });
}

bool moves_a_weight(const GraphDraft& draft, const Node& node) {
  if (operator_of(node).role != OperatorRole::movement || node.op == "Identity" || node.op == "Concat")
    return false;
  return !node.inputs.empty() && !node.inputs[0].empty() &&
         draft.constants.at(node.inputs[0]).is_floating_point();
}

// A token that is repeated for every example of a frozen batch stays the token.
bool repeats_a_weight(const GraphDraft& draft, const Node& node, const at::Tensor& result) {
  if (node.op != "Expand" || draft.literals.contains(node.inputs[0])) return false;
  const at::Tensor& weight = draft.constants.at(node.inputs[0]);
  return weight.is_floating_point() && weight.numel() > 1 && result.numel() > weight.numel();
}

// The scale of a branch, given the axes of what it scales.
bool moves_a_number(const GraphDraft& draft, const Node& node) {
  static const std::set<std::string> kMoves = {"Reshape", "Unsqueeze", "Squeeze", "Expand"};
  if (!kMoves.contains(node.op) || draft.literals.contains(node.inputs[0])) return false;
  const at::Tensor& number = draft.constants.at(node.inputs[0]);
  return number.is_floating_point() && is_number_of_a_module(node.inputs[0], number);
}

// The logarithm of a temperature trains, not the temperature; the factors, not their squares.
bool bends_a_weight(const GraphDraft& draft, const Node& node) {
  static const std::set<std::string> kBends = {"Exp", "Softplus", "Sigmoid", "Tanh", "Pow", "Abs"};
  return kBends.contains(node.op) && !draft.literals.contains(node.inputs[0]) &&
         draft.constants.at(node.inputs[0]).is_floating_point() && !is_generated_name(node.inputs[0]);
}

// Sizes of a tensor of zeros that were told by number, beside the batch's: what an exporter of a recurrent
// network reads the number of units from.
class ToldSizes {
 public:
  void note(const GraphDraft& draft, const Node& node) {
    if (node.op == "Concat") {
      std::vector<int64_t> sizes;
      for (const std::string& value : node.inputs) {
        const auto constant = draft.constants.find(value);
        const bool known = constant != draft.constants.end() && constant->second.scalar_type() == at::kLong;
        if (known && constant->second.numel() != 1) return;
        sizes.push_back(known ? constant->second.item<int64_t>() : kUnknown);
      }
      joined_[node.outputs[0]] = sizes;
    } else if (node.op == "Expand" && joined_.contains(node.inputs[1])) {
      const auto filled = draft.constants.find(node.inputs[0]);
      if (filled != draft.constants.end() && filled->second.numel() == 1)
        sizes_[node.outputs[0]] = joined_.at(node.inputs[1]);
    }
  }

  std::optional<at::Tensor> of(const Node& node) const {
    const auto told = node.op == "Shape" ? sizes_.find(node.inputs[0]) : sizes_.end();
    if (told == sizes_.end()) return {};
    const auto rank = static_cast<int64_t>(told->second.size());
    const auto place = [&](int64_t axis) {
      return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    std::vector<int64_t> sizes;
    for (int64_t axis = place(node.integer("start", 0)); axis < place(node.integer("end", rank)); ++axis) {
      sizes.push_back(told->second[static_cast<size_t>(axis)]);
      if (sizes.back() < 0) return {};
    }
    return at::tensor(sizes, at::kLong);
  }

 private:
  static constexpr int64_t kUnknown = -1;
  std::unordered_map<std::string, std::vector<int64_t>> joined_, sizes_;
};

}  // namespace

Folding fold_constants(GraphDraft& draft, int64_t byte_limit) {
  Folding folding;
  // A small file must not fill the memory, whatever its constants say.
  constexpr int64_t kMostFolded = int64_t{4} << 30;
  int64_t left = std::min(byte_limit, kMostFolded);
  for (const auto& [name, constant] : draft.constants) allow_work(static_cast<double>(constant.numel()));
  std::vector<Node> kept;
  ToldSizes told;
  for (Node& node : draft.nodes) {
    if (is_cast_to_float(draft, kept, node)) {
      node.op = "Cast";
      node.inputs.resize(1);
      node.attributes = {{"to", int64_t{1}}};
    }
    if (std::optional<at::Tensor> sizes = told.of(node)) {
      draft.literals.insert(node.outputs[0]);
      draft.add_constant(node.outputs[0], std::move(*sizes));
      ++folding.nodes;
      continue;
    }
    if (!is_foldable(draft, node) || bends_a_weight(draft, node) || moves_a_number(draft, node)) {
      told.note(draft, node);
      kept.push_back(std::move(node));
      continue;
    }
    std::vector<at::Tensor> inputs;
    for (const std::string& value : node.inputs)
      inputs.push_back(value.empty() ? at::Tensor() : draft.constants.at(value));
    const std::vector<at::Tensor> results = evaluate_node(node, inputs, left);
    if (repeats_a_weight(draft, node, results[0])) {
      kept.push_back(std::move(node));
      continue;
    }
    const bool literal = is_literal(draft, node);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      // One number that is made of others is of a formula.
      if (literal || (results[i].numel() == 1 && node.op != "Identity"))
        draft.literals.insert(node.outputs[i]);
      at::Tensor own = results[i].contiguous();
      const bool shared = std::any_of(inputs.begin(), inputs.end(), [&](const at::Tensor& input) {
        return input.defined() && own.is_alias_of(input);
      });
      if (shared) own = own.clone();
      left -= static_cast<int64_t>(own.nbytes());
      draft.add_constant(node.outputs[i], std::move(own));
    }
    if (node.op == "Identity") folding.aliases.push_back({node.outputs[0], node.inputs[0]});
    ++folding.nodes;
    if (moves_a_weight(draft, node)) folding.moved.push_back(std::move(node));
  }
  draft.nodes = std::move(kept);
  return folding;
}

}  // namespace shatterproof
