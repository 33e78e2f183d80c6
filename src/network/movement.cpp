// SPDX-License-Identifier: Apache-2.0
#include "network/movement.h"

#include <set>
#include <string_view>

#include "network/softmax.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {

bool only_moves(const Node& node) {
  // They put zeros or another input's numbers beside, turn numbers, or say where they were.
  static const std::set<std::string_view> kMakeOthers = {
      "Concat",  "MaxUnpool",       "OneHot",    "Pad",   "RotaryEmbedding",
      "Scatter", "ScatterElements", "ScatterND", "Trilu", "Unique"};
  return operator_of(node).role == OperatorRole::movement && !kMakeOthers.contains(node.op);
}

int64_t maker_of_numbers(const Network& network, std::string value) {
  int64_t maker = network.producer(value);
  while (maker >= 0) {
    const Node& node = network.nodes()[static_cast<size_t>(maker)];
    if (!only_moves(node)) return maker;
    value = node.inputs[0];
    maker = network.producer(value);
  }
  return maker;
}

int64_t maker_of_logits(const Network& network) {
  int64_t maker = maker_of_numbers(network, network.outputs().front());
  while (maker >= 0 && is_softmax(network.nodes()[static_cast<size_t>(maker)]))
    maker = maker_of_numbers(network, network.nodes()[static_cast<size_t>(maker)].inputs[0]);
  return maker;
}

}  // namespace shatterproof
