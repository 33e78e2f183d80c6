// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace shatterproof {

/// The name of this machine as its network knows it, of letters, digits, dots, - and _ alone, 40 at most: it
/// goes into the names of files in folders that several machines share.
std::string machine_name();

}  // namespace shatterproof
