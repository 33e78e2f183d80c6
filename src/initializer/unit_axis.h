// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/layer.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// The axis of a value's units.
enum class UnitAxis {
  only,      ///< [batch, units]
  channels,  ///< [batch, units, positions...]
  last,      ///< [batch, ..., units]
  unknown,
};

/// Where a layer that reads units along `read` puts its own.
UnitAxis units_after(const Network& network, const Layer& layer, UnitAxis read);

/// Whether a Concat joins units that are along `units`.
bool joins_units(const Node& concatenation, UnitAxis units);

/// Whether a Reshape or Flatten makes [batch, numbers] of [batch, ...].
bool flattens(const Network& network, const Node& node);

/// Whether a Pad of [batch, units, positions...] puts zeros around positions and none around units.
bool pads_positions(const Network& network, const Node& node);

/// Whether a reduction goes over positions alone, or over the batch alone; axes given as an input are not
/// looked up.
bool reduces_positions(const Node& node);
bool reduces_batch(const Node& node);

}  // namespace shatterproof
