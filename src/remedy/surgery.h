// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Each rewrites a graph; empty where there is no place for it.

/// Every residual branch times `factor`, by a node of its own before the sum.
std::optional<Network> with_scaled_branches(const Network& network, double factor);
/// A norm in front of every nonlinearity that has none: batch norm over channels, layer norm over the last
/// axis of what has more axes than a matrix and no channels; `norm` "layer" asks for layer norm everywhere.
std::optional<Network> with_norms(const Network& network, const ValueShapes& shapes, const std::string& norm);
/// z + beta W rho(N(z)) in place of W rho(N(z)), z what enters a nonlinearity, before its norm where it has
/// one: around every layer that a nonlinearity follows, where sizes agree; in networks without skips.
std::optional<Network> with_skips(const Network& network, const ValueShapes& shapes, double beta);
/// Skips that start behind a norm start in front of it: post-norm blocks become pre-norm ones.
std::optional<Network> with_norms_in_branches(const Network& network);
/// Every elementwise nonlinearity of one value, one node or written out, replaced by `op`, but for those that
/// the network gives out.
std::optional<Network> with_nonlinearity(const Network& network, const std::string& op);
/// Every rectifier with one slope below zero for all its units, which trains and begins at 1/4 (He et al.
/// 2015), but for the one that the network gives out.
std::optional<Network> with_learned_slopes(const Network& network);

/// Without the rectifier that makes the output.
std::optional<Network> with_bare_output(const Network& network);

}  // namespace shatterproof
