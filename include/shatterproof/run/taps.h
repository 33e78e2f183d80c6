// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/functional.h"
#include "shatterproof/run/tap.h"

namespace shatterproof {

/// Which taps a graph gets.
struct TapPlacement {
  bool logits = false;      ///< an output is what enters a final softmax, not what leaves it
  bool every_node = false;  ///< at every node that depends on an input, not only where layers end
};

/// The Softmax or LogSoftmax that makes this output, also through an Identity or Cast, or nullptr. What
/// enters it are logits.
const Node* final_softmax(const Network& graph, const std::string& output);

/// The Relu that makes the one output of a network, but for a final softmax and for what only moves values.
std::optional<size_t> output_rectifier(const Network& graph);

/// The values in which a network ends: its outputs, or what enters a softmax that makes one.
std::vector<std::string> output_values(const Network& graph, bool logits);

/// Whether the node turns token ids into numbers: a Gather from a table of floating-point parameters.
bool is_embedding(const Network& graph, const Structure& structure, size_t node);

/// The taps of a graph in topological order: inputs (of token ids, their embeddings), what linear maps make,
/// what leaves nonlinearities, both halves of a CReLU joined, residual sums, outputs, and what recurrent
/// nodes give out. Needs the graph and the shapes of its parameters, not their values. O(nodes) beyond
/// `structure`.
std::vector<Tap> taps_of(const Network& graph, const Structure& structure,
                         const TapPlacement& placement = {});
std::vector<Tap> taps_of(const Network& graph, const TapPlacement& placement = {});

}  // namespace shatterproof
