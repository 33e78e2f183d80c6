// SPDX-License-Identifier: Apache-2.0
#include "network/movement.h"

#include <set>
#include <string_view>

#include "shatterproof/network/operator.h"

namespace shatterproof {

bool only_moves(const Node& node) {
  // They put zeros or another input's numbers beside, turn numbers, or say where they were.
  static const std::set<std::string_view> kMakeOthers = {
      "Concat",  "MaxUnpool",       "OneHot",    "Pad",   "RotaryEmbedding",
      "Scatter", "ScatterElements", "ScatterND", "Trilu", "Unique"};
  return operator_of(node).role == OperatorRole::movement && !kMakeOthers.contains(node.op);
}

}  // namespace shatterproof
