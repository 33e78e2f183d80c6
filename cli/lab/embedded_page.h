// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace shatterproof::cli {

/// web/dist/laboratory.html as it was when the program was built.
std::string_view embedded_lab_page();

}  // namespace shatterproof::cli
