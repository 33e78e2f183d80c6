// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "experiment/graph_run.h"
#include "shatterproof/network/recurrence.h"

namespace shatterproof {

/// Which steps of a recurrent layer the network's outputs read themselves, and not through later states.
class StateReads {
 public:
  /// `directions`: those of one recurrent node, or one cell shown step by step.
  StateReads(const Network& network, std::vector<Recurrence> directions)
      : network_(network), directions_(std::move(directions)), reads_(directions_.size()) {}

  /// Looks at a part of the batch. Cost: a backward pass through what follows the layer.
  void add(const GraphRun& run, uint64_t seed);

  /// The most steps, over all steps, to the next one that is read, in whichever direction that is nearer.
  /// Empty when some step has no such next one.
  std::optional<int64_t> span() const;

 private:
  std::vector<bool> reads_of_products(const std::vector<size_t>& products) const;

  const Network& network_;
  std::vector<Recurrence> directions_;
  std::vector<std::vector<bool>> reads_;  // per direction: of each element of the sequence
};

}  // namespace shatterproof
