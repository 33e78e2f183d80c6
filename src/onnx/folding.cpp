// SPDX-License-Identifier: Apache-2.0
#include "onnx/folding.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "onnx/evaluation.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

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

}  // namespace

Folding fold_constants(GraphDraft& draft, int64_t byte_limit) {
  Folding folding;
  // A small file must not fill the memory, whatever its constants say.
  constexpr int64_t kMostFolded = int64_t{4} << 30;
  int64_t left = std::min(byte_limit, kMostFolded);
  std::vector<Node> kept;
  for (Node& node : draft.nodes) {
    if (!is_foldable(draft, node)) {
      kept.push_back(std::move(node));
      continue;
    }
    const std::vector<at::Tensor> inputs = inputs_of(node, {}, draft.constants);
    const std::vector<at::Tensor> results = evaluate_node(node, inputs, left);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
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
  }
  draft.nodes = std::move(kept);
  return folding;
}

}  // namespace shatterproof
