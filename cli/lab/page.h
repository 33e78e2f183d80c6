// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace shatterproof::cli {

/// The page of web/dist/laboratory.html with its three texts filled in: the controls as JSON, the catalog of
/// measurements, and the setting it begins with, as an address has it. Whatever they hold, they stay text.
std::string lab_page(std::string_view controls, std::string_view measurements, std::string_view start);

}  // namespace shatterproof::cli
