// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/version.h"

namespace shatterproof {

std::string_view version() {
  return SHATTERPROOF_VERSION;
}

}  // namespace shatterproof
