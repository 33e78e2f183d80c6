// SPDX-License-Identifier: Apache-2.0
// Probabilities of logits that something bounds are no probabilities: told without any labels.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::bounded_probabilities_test {
namespace {

struct Ending {
  std::string name;
  std::vector<std::string> ops;  // behind the last layer
  int64_t numbers;
  bool is_found;
  double factor = 1;  // in front of the last operator
};

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  return out << ending.name;
}

Network ending_in(const Ending& ending) {
  NetworkBuilder builder("ending");
  std::string x = builder.activation(builder.linear(builder.input("x", {16}), {"a", 16, 32, true, "", ""}),
                                     "a_relu", "relu");
  x = builder.linear(x, {"b", 32, ending.numbers, true, "", ""});
  for (size_t i = 0; i < ending.ops.size(); ++i) {
    if (i + 1 == ending.ops.size() && ending.factor != 1) x = builder.scale(x, "factor", ending.factor);
    x = builder.node(ending.ops[i], "end_" + std::to_string(i), {x});
  }
  builder.output(x);
  return initialize(builder.build(), "pytorch", 1).network;
}

class BoundedProbabilities : public testing::TestWithParam<Ending> {};

TEST_P(BoundedProbabilities, AreOnWatch) {
  CheckOptions options;
  options.weights.count = 1;
  options.rehearses = false;
  const Checked checked = check(subject_of_network(ending_in(GetParam())), options);
  const std::vector<Finding>& findings = checked.diagnosis.findings;
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.id == "unreachable_targets"; });
  ASSERT_EQ(found != findings.end(), GetParam().is_found);
  if (GetParam().is_found) {
    EXPECT_EQ(found->severity, Severity::watch);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, BoundedProbabilities,
                         testing::Values(Ending{"TwoSigmoids", {"Sigmoid", "Sigmoid"}, 3, true},
                                         Ending{"ARectifierAndASigmoid", {"Relu", "Sigmoid"}, 3, true},
                                         Ending{"ATanhAndASigmoid", {"Tanh", "Sigmoid"}, 1, true},
                                         Ending{"TwoSoftmaxes", {"Softmax", "Softmax"}, 10, true},
                                         Ending{"ATanhAndASoftmax", {"Tanh", "Softmax"}, 10, true},
                                         Ending{"ASigmoid", {"Sigmoid"}, 3, false},
                                         Ending{"ASoftmax", {"Softmax"}, 10, false},
                                         Ending{"ATanh", {"Tanh"}, 3, false},
                                         Ending{"CappedLogits", {"Tanh", "Softmax"}, 10, false, 10}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shatterproof::bounded_probabilities_test
