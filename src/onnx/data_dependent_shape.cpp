// SPDX-License-Identifier: Apache-2.0
#include "onnx/data_dependent_shape.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "onnx/evaluation.h"
#include "onnx/random_inputs.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

bool may_differ(const Node& node, const std::unordered_set<std::string>& dependent) {
  if (node.op != "NonZero" && node.op != "Unique" && node.op != "Compress") return false;
  return dependent.contains(node.inputs[node.op == "Compress" ? 1 : 0]);
}

}  // namespace

void reject_data_dependent_shapes(const GraphDraft& draft, int64_t batch, int64_t free_size,
                                  int64_t byte_limit) {
  constexpr uint64_t kDraws = 6;
  const auto dependent = data_dependent_values(draft);
  const auto suspect = std::find_if(draft.nodes.begin(), draft.nodes.end(),
                                    [&](const Node& node) { return may_differ(node, dependent); });
  if (suspect == draft.nodes.end()) return;
  Shapes first;
  for (uint64_t seed = 1; seed <= kDraws; ++seed) {
    Shapes now;
    evaluate(draft, random_inputs(draft, batch, free_size, seed, byte_limit), byte_limit, &now);
    if (seed == 1) first = now;
    const auto differs = [&](const std::string& value) {
      const auto before = first.find(value), after = now.find(value);
      return before != first.end() && after != now.end() && before->second != after->second;
    };
    if (std::none_of(draft.outputs.begin(), draft.outputs.end(), differs)) continue;
    for (const Node& node : draft.nodes) {
      if (std::any_of(node.outputs.begin(), node.outputs.end(), differs))
        reject(title(node), "shapes of outputs must not depend on the data",
               "one whose size the numbers decide");
    }
  }
}

}  // namespace shatterproof
