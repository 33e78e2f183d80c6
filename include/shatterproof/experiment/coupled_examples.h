// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shatterproof/run/execution.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Examples of one batch that do not keep to themselves.
struct CoupledExamples {
  /// How much an example's output changes when other examples stand beside it, over its size; estimated along
  /// one direction of the output's numbers.
  double change = 0;
  std::string node;  ///< where they first meet
  std::string op;
  /// Whether they meet where it was given, and not computed of them, who is whose neighbour, as over a graph
  /// whose nodes are the examples. In a product with a matrix from the left, as an adjacency matrix: no
  /// example reaches it, it is an input beside the one that it multiplies, or it is computed of inputs that
  /// have a number for each pair of examples, as one divided by its degrees. Or where a Gather or a scatter
  /// along axis 0 moves them by indices that come from whole numbers, such inputs and constants alone.
  bool by_given_neighbours = false;
  /// They meet in a mean or a sum over the examples, and get answers of their own all the same: a norm over
  /// the batch that is written out, or something like it.
  bool by_statistics = false;
};

/// Runs six examples forward, and once more with others in place of the first three: does what comes out for
/// the last three change? Empty when it does not, for one example, and when two equal runs differ.
///
/// Statistics of batch normalizations are held, those of the six; what takes some number of examples at once
/// runs as many. `options.every_node` is set by the call. Cost: five forward passes of six examples, one of
/// them for the statistics, and two more where outputs change.
std::optional<CoupledExamples> coupled_examples(const Network& network, const Batch& batch,
                                                RunOptions options);
/// The same of a source that runs a graph.
std::optional<CoupledExamples> coupled_examples(TapSource& source, const Batch& batch, RunOptions options);

}  // namespace shatterproof
