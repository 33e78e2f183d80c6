// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "network/patterns/recognizers.h"
#include "shatterproof/network/composite.h"

namespace shatterproof {

std::string_view to_string(CompositeRole role) {
  switch (role) {
    case CompositeRole::nonlinearity:
      return "nonlinearity";
    case CompositeRole::normalization:
      return "normalization";
    case CompositeRole::attention:
      return "attention";
    case CompositeRole::gate:
      return "gate";
    case CompositeRole::weight:
      return "weight";
  }
  return "";
}

std::span<const PatternRecord> patterns() {
  static const std::vector<PatternRecord> table = [] {
    std::vector<PatternRecord> records;
    for (const auto family : {activation_patterns, normalization_patterns, local_response_patterns,
                              attention_patterns, gate_patterns, weight_patterns}) {
      for (PatternRecord& record : family()) records.push_back(std::move(record));
    }
    return records;
  }();
  return table;
}

const PatternRecord* find_pattern(std::string_view name) {
  const std::span<const PatternRecord> table = patterns();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const PatternRecord& record) { return record.name == name; });
  return row == table.end() ? nullptr : &*row;
}

// Wider patterns first: a clip within a norm and a tanh that caps scores are no nonlinearities.
std::vector<Composite> composites(const Network& network) {
  PatternGraph graph(network);
  std::vector<Composite> found;
  find_attention(graph, found);
  find_normalizations(graph, found);
  find_local_responses(graph, found);
  find_activations(graph, found);
  find_gates(graph, found);
  std::sort(found.begin(), found.end(),
            [](const Composite& a, const Composite& b) { return a.output < b.output; });
  return found;
}

}  // namespace shatterproof
