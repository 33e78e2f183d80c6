// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "onnx/evaluation.h"
#include "onnx/graph_draft.h"

namespace shatterproof {

constexpr int64_t kExportedOperatorSet = 17;

/// The same graph with every node written as operator set 17 has it: attributes that became inputs and inputs
/// that were attributes change places, and what 17 cannot say in one node is said in several. `shapes` of
/// values (see `evaluate`) decide where the rank matters; they may be missing. Throws std::invalid_argument
/// naming the node that cannot be said.
GraphDraft in_operator_set_17(const GraphDraft& draft, const Shapes& shapes);

/// The operator set to write the graph in: that of its nodes where they are all of one from 22 on and some
/// have no form in 17, else 17.
int64_t exported_operator_set(const GraphDraft& draft);

/// Whether there is a rule for this operator: for those that the operator table calls rewritten.
bool has_rewriting_rule(std::string_view op);

}  // namespace shatterproof
