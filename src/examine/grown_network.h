// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "shatterproof/examine/coordinates.h"
#include "shatterproof/network/network.h"
#include "shatterproof/train/optimizer.h"

namespace shatterproof {

inline constexpr const char* kCoordinates = "coordinates";  ///< whose refusals these are

/// A family's network of one width and depth.
struct GrownNetwork {
  Network network;
  bool has_weights = false;                    ///< of its own, else they are zero until drawn
  std::map<std::string, std::string> kinds;    ///< of layers by the name of the node that makes their output
  std::map<std::string, std::string> weights;  ///< the same by the names of their weights
};

/// The network, and what kind of layer each is: told by the same network of
/// twice the width. Throws std::invalid_argument where the family takes no
/// width or depth.
GrownNetwork grown_network(const std::string& family, int64_t width, int64_t depth);

/// A network of the caller's, with weights of its own, beside another width of
/// the same. Throws std::invalid_argument where they differ in their layers.
GrownNetwork grown_network(const Network& own, const Network& other);
/// The most units of a layer that grows.
int64_t width_of(const GrownNetwork& grown);

/// The rates of mu-P for Adam.
LearningRateFactors mu_p_factors(const GrownNetwork& grown, double base_over_width);
/// Drawn weights as mu-P begins with them.
Network mu_p_weights(Network drawn, const GrownNetwork& grown, double base_over_width);

/// After each step, by kind of layer: mean squares of f_t and of f_t - f_0 over
/// coordinates and layers.
struct TrainedSizes {
  std::vector<std::map<std::string, double>> sizes, changes;
};

/// Trains it on one batch. Throws Interrupted on Ctrl-C.
TrainedSizes trained_sizes(const GrownNetwork& grown, const CoordinateRequest& request,
                           double base_over_width, uint64_t seed);

}  // namespace shatterproof
