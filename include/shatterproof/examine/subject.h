// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Who made a network's graph.
enum class Origin {
  family,  ///< a built-in family: its weights are zero until drawn
  file,    ///< a file with weights of its own
  built,   ///< a caller, with weights of its own
};

/// A network to be examined, and what is known of it beside the graph.
struct Subject {
  Network network;
  std::string description;  ///< a family's spec, a path, or what the caller calls it
  Origin origin = Origin::built;
  bool folded = false;  ///< a file that lost its normalization
  std::optional<Network>
      unfolded;                ///< the same network with its batch norms put back, where it is known where
  int64_t norms_put_back = 0;  ///< how many of `network` were, see as_it_trains
  int64_t fixed_batch = 0;     ///< examples per run when the graph allows no other number, else 0
  int64_t alike_axes = 0;  ///< of a file in which steps and examples could be one another, how many; else 0
  std::vector<std::string> notes;    ///< what the import dropped, changed or rounded
  std::optional<Network> untrained;  ///< what it was before training, when that is known
  /// What is made of every draw of its weights; empty: the draw itself.
  std::function<Network(const Network&)> made_of_draw;
};

/// A family with its options, "residual:depth=50,norm=batch". Throws std::invalid_argument naming what is
/// unknown.
Subject subject_of_family(const std::string& spec);
/// A network that the caller has built, with its own weights.
Subject subject_of_network(Network network);

}  // namespace shatterproof
