// SPDX-License-Identifier: Apache-2.0
#include "onnx/vocabulary.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Rows of the constant that the node reads with `value`, 0 when it does not.
int64_t rows_read(const GraphDraft& draft, const Node& node, const std::unordered_set<std::string>& carried) {
  const bool gathers = node.op == "Gather" || node.op == "GatherElements";
  if (!gathers || node.inputs.size() < 2 || !carried.contains(node.inputs[1])) return 0;
  const auto table = draft.constants.find(node.inputs[0]);
  if (table == draft.constants.end() || table->second.dim() == 0) return 0;
  const int64_t axis = node.integer("axis", 0), rank = table->second.dim();
  return axis < -rank || axis >= rank ? 0 : table->second.size(axis < 0 ? axis + rank : axis);
}

}  // namespace

void find_vocabularies(GraphDraft& draft) {
  constexpr int64_t kCoin = 2;
  for (Input& input : draft.inputs) {
    if (c10::isFloatingType(input.dtype)) continue;
    int64_t fewest = 0;
    std::unordered_set<std::string> carried = {input.name};
    for (const Node& node : draft.nodes) {
      if (const int64_t rows = rows_read(draft, node, carried); rows > 0)
        fewest = fewest > 0 ? std::min(fewest, rows) : rows;
      const bool moves = operator_of(node).role == OperatorRole::movement && node.op != "Concat";
      if (moves && !node.inputs.empty() && carried.contains(node.inputs[0]))
        carried.insert(node.outputs.begin(), node.outputs.end());
    }
    input.vocabulary = fewest > 0 ? fewest : kCoin;
  }
}

}  // namespace shatterproof
