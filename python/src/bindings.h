// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

namespace shatterproof::python {

/// The command line, in process, and what its failures become.
void bind_commands(pybind11::module_& module);
/// Networks of the library: read, made, initialized.
void bind_networks(pybind11::module_& module);
/// Measurements and checks of live models.
void bind_live_models(pybind11::module_& module);

}  // namespace shatterproof::python
