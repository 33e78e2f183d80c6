// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "shatterproof/dataset/images.h"

namespace shatterproof {

/// The range with its count filled in. Throws std::invalid_argument when it is empty, negative or not within
/// the `available` examples.
ExampleRange resolved_range(std::string_view dataset, const ExampleRange& range, int64_t available);

}  // namespace shatterproof
