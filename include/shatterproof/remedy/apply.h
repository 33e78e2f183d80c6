// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/remedy.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// A network and its examples after a change.
struct Changed {
  Network network;
  Batch batch;
};

/// Makes the change that a remedy speaks of: new weights, another nonlinearity, branches scaled by a factor,
/// a norm or a skip inserted, a norm moved from behind the sums to the head of the branches, inputs
/// standardized.
///
/// New weights and those of what is inserted are drawn with `seed`; a norm that is inserted has gain 1 and
/// shift 0. Names and shapes of all other parameters stay. Empty where the change cannot be made by rewriting
/// the graph: other widths, a looks-linear initialization of plain rectifiers, gradients clipped, an export
/// made again, no layer at which shapes allow it. Cost: that of drawing weights, and where shapes count and
/// none are given a forward pass of two examples.
std::optional<Changed> changed(const Network& network, const Batch& batch, const Remedy& remedy,
                               uint64_t seed, const ValueShapes& shapes = {});

/// Several, one after the other; empty where one of them cannot be made. `sort_for_making` brings them into
/// an order in which none undoes another: nonlinearities and weights, then nodes, then factors.
std::optional<Changed> changed(const Network& network, const Batch& batch, std::span<const Remedy> remedies,
                               uint64_t seed);
void sort_for_making(std::vector<Remedy>& remedies);

}  // namespace shatterproof
