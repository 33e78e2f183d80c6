// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace shatterproof {

/// web/dist/report.html: the page before it has results.
std::string_view page();

}  // namespace shatterproof
