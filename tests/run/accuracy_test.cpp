// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/accuracy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/network/builder.h"

namespace shatterproof::accuracy_test {
namespace {

// Its outputs are its inputs, or what `last` makes of them.
Network classifier(const std::string& last) {
  NetworkBuilder builder("classifier");
  const std::string x = builder.input("x", {2});
  builder.output(builder.node(last, "last", {x}));
  return builder.build();
}

// Probabilities 1/4, 3/4 and twice 9/10, 1/10; the third label is not the likelier class.
Batch three_examples() {
  const double three = std::log(3.0), nine = std::log(9.0);
  return {.inputs = {at::tensor({0.0, three, nine, 0.0, nine, 0.0}).view({3, 2}).to(at::kFloat)},
          .labels = at::tensor({1, 0, 1}, at::kLong)};
}

TEST(AccuracyOf, IsTheHandComputedOneWhateverTheNetworkEndsWith) {
  const double loss = -(std::log(.75) + std::log(.9) + std::log(.1)) / 3;
  constexpr double kFloatRounding = 1e-6;
  for (const char* last : {"Identity", "Softmax", "LogSoftmax"}) {
    for (const char* functional : {"sum", "loss"}) {  // the second one runs as far as the logits
      const Network network = classifier(last);
      Execution execution(network, {.functional = Functional::parse(functional)});
      const Accuracy result = accuracy_of(network, execution, three_examples());
      EXPECT_DOUBLE_EQ(result.accuracy, 2.0 / 3) << last << ' ' << functional;
      EXPECT_NEAR(result.loss, loss, kFloatRounding) << last << ' ' << functional;
      EXPECT_EQ(result.examples, 3) << last << ' ' << functional;
    }
  }
}

TEST(AccuracyOf, RefusesLabelsThatNoOutputHas) {
  const Network network = classifier("Identity");
  Execution execution(network, {});
  Batch batch = three_examples();
  for (const int64_t wrong : {-1, 2}) {
    batch.labels[0] = wrong;
    EXPECT_THROW(accuracy_of(network, execution, batch), std::invalid_argument) << wrong;
  }
  batch.labels = at::Tensor();
  EXPECT_THROW(accuracy_of(network, execution, batch), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::accuracy_test
