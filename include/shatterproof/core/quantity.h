// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace shatterproof {

/// 2034567 -> "2.0 M", 12345 -> "12.3 k".
std::string short_count(int64_t count);
/// Bytes as "1.5 GiB".
std::string short_bytes(int64_t bytes);
/// Seconds as "45 s", "3.2 minutes" or "5.1 hours".
std::string short_duration(double seconds);
/// Four significant digits, "nan" and "inf" included.
std::string short_number(double value);

}  // namespace shatterproof
