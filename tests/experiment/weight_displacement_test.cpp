// SPDX-License-Identifier: Apache-2.0
#include "experiment/weight_displacement.h"

#include "tests/experiment/subject.h"
#include "tests/experiment/trained_network.h"
#include "tests/matchers.h"

namespace shatterproof::weight_displacement_test {
namespace {

Reading weight_displacement(const BeforeAndAfter& network) {
  return measure(network.after, gaussian_examples(2, 2), {"weight_displacement"},
                 request_since(network.before))
      .readings.at(0);
}

TEST(WeightDisplacement, OfTwoLayersByHand) {
  BeforeAndAfter network(rectifier_network(2, 2, 2, 1), 0);
  network.before.set_parameter("layer_1.weight", at::tensor({3.0F, 0.0F, 0.0F, 4.0F}).view({2, 2}));
  network.after.set_parameter("layer_1.weight", at::tensor({3.0F, 1.0F, 0.0F, 4.0F}).view({2, 2}));
  const Reading moved = weight_displacement(network);
  EXPECT_THAT(moved.values, ::testing::ElementsAre(IsNear(0.2, 1e-14), 0));
  EXPECT_THAT(moved.x_labels, ::testing::ElementsAre("layer_1", "layer_2"));
}

TEST(WeightDisplacement, OfALayerThatBeganAtZeroIsLeftOut) {
  BeforeAndAfter network(rectifier_network(2, 2, 2, 1), 0.1);
  network.before.set_parameter("layer_1.weight", at::zeros({2, 2}));
  const Reading moved = weight_displacement(network);
  EXPECT_TRUE(std::isnan(moved.values.at(0)));
  EXPECT_GT(moved.values.at(1), 0);
  network.before.set_parameter("layer_2.weight", at::zeros({2, 2}));
  EXPECT_THAT(weight_displacement(network).undefined, ::testing::HasSubstr("began at 0"));
}

}  // namespace
}  // namespace shatterproof::weight_displacement_test
