// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof::python {

/// What of a live model (shatterproof.live_model.LiveModel) whose pass was `graph` can be measured.
CoverageRecord live_coverage(const Network& graph, const pybind11::object& live);

}  // namespace shatterproof::python
