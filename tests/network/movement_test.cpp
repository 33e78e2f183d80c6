// SPDX-License-Identifier: Apache-2.0
#include "network/movement.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gradient_samples.h"

namespace shatterproof::movement_test {
namespace {

// Whether every number that comes out has come in first.
bool is_of(const at::Tensor& first, const at::Tensor& output) {
  return at::isin(output.to(at::kDouble), first.to(at::kDouble)).all().item<bool>();
}

TEST(Movement, GivesOutTheNumbersOfTheFirstInputAndNoOthers) {
  std::set<std::string> tried, makes_others;
  for (const GradientSample& sample : gradient_samples()) {
    const Node node = sample.text.node(sample.inputs.size());
    if (operator_of(node).role != OperatorRole::movement) {
      EXPECT_FALSE(only_moves(node)) << node.op;
      continue;
    }
    tried.insert(node.op);
    for (const at::Tensor& output : outputs_of(sample.text, sample.inputs)) {
      const bool is_mask = node.op == "Dropout" && !output.is_floating_point();
      if (!is_mask && !is_of(sample.inputs[0], output)) makes_others.insert(node.op);
    }
  }
  for (const Operator& op : operators()) {
    if (op.role != OperatorRole::movement) continue;
    const std::string name(op.name);
    EXPECT_TRUE(tried.contains(name)) << name;
    EXPECT_NE(only_moves(NodeText{name}.node(1)), makes_others.contains(name)) << name;
  }
}

}  // namespace
}  // namespace shatterproof::movement_test
