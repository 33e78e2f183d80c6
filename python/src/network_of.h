// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include "shatterproof/network/network.h"

namespace shatterproof::python {

/// The network that a traced pass (shatterproof.graph.Graph) was. Parameters share memory with the model's.
/// Throws std::invalid_argument on an unknown operator.
Network network_of(const pybind11::object& graph);

}  // namespace shatterproof::python
