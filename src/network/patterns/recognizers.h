// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "network/patterns/region.h"
#include "shatterproof/network/composite.h"

// One function per family of patterns. Each appends what it finds of nodes that are not taken and takes them.

namespace shatterproof {

void find_attention(PatternGraph& graph, std::vector<Composite>& found);
void find_normalizations(PatternGraph& graph, std::vector<Composite>& found);
void find_local_responses(PatternGraph& graph, std::vector<Composite>& found);
void find_activations(PatternGraph& graph, std::vector<Composite>& found);
void find_gates(PatternGraph& graph, std::vector<Composite>& found);

/// The rows of the table that are no scalar function, a family each.
std::vector<PatternRecord> attention_patterns();
std::vector<PatternRecord> normalization_patterns();
std::vector<PatternRecord> local_response_patterns();
std::vector<PatternRecord> activation_patterns();
std::vector<PatternRecord> gate_patterns();
std::vector<PatternRecord> weight_patterns();

inline void take(PatternGraph& graph, Composite composite, std::vector<Composite>& found) {
  for (const size_t node : composite.nodes) graph.taken[node] = true;
  found.push_back(std::move(composite));
}

}  // namespace shatterproof
