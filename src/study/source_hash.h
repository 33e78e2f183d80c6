// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace shatterproof {

/// A hash of what computes: every source and header of the library, the compiler with its options, and
/// LibTorch. Equal for programs that were built from the same, whenever and wherever.
std::string source_hash();

}  // namespace shatterproof
