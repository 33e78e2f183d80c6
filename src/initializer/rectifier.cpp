// SPDX-License-Identifier: Apache-2.0
#include "initializer/rectifier.h"

#include <ATen/ATen.h>

#include <cmath>

namespace shatterproof {
namespace {

// The slope below 0 of a function that is the identity above; 0 for Gelu too: z P(z) + z P(-z) = z.
std::optional<double> slope_of(const Network& network, const Node& node) {
  constexpr double kSlopeOfTheOperatorSet = 0.01;
  if (node.op == "Relu" || node.op == "Gelu") return 0;
  if (node.op == "LeakyRelu") return node.number("alpha", kSlopeOfTheOperatorSet);
  if (node.op != "PRelu") return {};
  const Parameter* slope = network.find_parameter(node.inputs[1]);
  if (!slope) return {};
  if (slope->trainable) return 1;  // as the scheme sets it
  if (slope->value.numel() != 1) return {};
  return slope->value.to(at::kDouble).item<double>();
}

// The same of nodes that stand for one operator.
std::optional<double> slope_of(const Composite& composite) {
  if (composite.op == "Relu" || composite.op == "Gelu") return 0;
  if (composite.op != "LeakyRelu" && composite.op != "PRelu") return {};
  return composite.numbers.at("alpha");
}

}  // namespace

bool is_rectifier(const Network& network, const Structure& structure, const std::optional<size_t>& node) {
  if (!node) return false;
  const std::string& op = operator_at(network, structure, *node);
  return op == "Relu" || op == "LeakyRelu" || op == "PRelu";
}

std::optional<double> mirror_gain(const Network& network, const Structure& structure, size_t node) {
  const Composite* composite = structure.composite_at(node);
  const std::optional<double> slope =
      composite ? slope_of(*composite) : slope_of(network, network.nodes()[node]);
  if (!slope || !std::isfinite(*slope) || *slope == -1) return {};
  return 1 + *slope;
}

bool is_linear_prelu(const Network& network, const Node& node) {
  const Parameter* slope = node.op == "PRelu" ? network.find_parameter(node.inputs[1]) : nullptr;
  return slope && slope->trainable;
}

}  // namespace shatterproof
