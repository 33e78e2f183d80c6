// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/tap.h"

namespace shatterproof {

std::string_view to_string(TapKind kind) {
  switch (kind) {
    case TapKind::input:
      return "input";
    case TapKind::pre_activation:
      return "pre_activation";
    case TapKind::activation:
      return "activation";
    case TapKind::concatenation:
      return "concatenation";
    case TapKind::residual_sum:
      return "residual_sum";
    case TapKind::output:
      return "output";
    case TapKind::other:
      return "other";
  }
  return "";
}

}  // namespace shatterproof
