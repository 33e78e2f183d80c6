// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace shatterproof::cli {

/// Text as part of an address: every byte but letters, digits, "-._~" and those of `also` as %XX (RFC 3986).
std::string percent_encoded(std::string_view text, std::string_view also = "");

}  // namespace shatterproof::cli
