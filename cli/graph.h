// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/network.h"
#include "shatterproof/results/graph.h"

namespace shatterproof::cli {

/// The shape of a network, with the taps that readings name at the nodes they are made on.
GraphRecord graph_record(const Network& network);

}  // namespace shatterproof::cli
