// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/provenance.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/random.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/initializer/gaussian.h"
#include "shatterproof/network/builder.h"
#include "tests/initializer/drawn_networks.h"

namespace shatterproof::vector_standing_test {
namespace {

using ::testing::HasSubstr;
using State = Provenance::State;

TEST(VectorStanding, MovedGainsAndShiftsAreTraining) {
  NetworkBuilder builder("norms");
  builder.trainable_norms = true;
  std::string x = builder.input("x", {20});
  for (int i = 0; i < 4; ++i) {
    const std::string name = "layer_" + std::to_string(i);
    x = builder.normalization(builder.linear(x, {name, 20, 20, false, "", ""}), name + "_norm", "batch", 20);
  }
  builder.output(x);
  const Network fresh = initialize(builder.build(), "he", 1).network;
  EXPECT_EQ(provenance(fresh).state, State::fresh);
  Network moved = fresh;
  for (const Parameter& parameter : fresh.parameters()) {
    if (parameter.value.dim() != 1 || !parameter.trainable) continue;
    const at::Tensor noise = gaussian_weight({20}, 1, RandomStream(1, parameter.name));
    moved.set_parameter(parameter.name, parameter.value + .3 * noise.abs() + .07 * noise);
  }
  EXPECT_EQ(provenance(moved).state, State::trained) << provenance(moved).sentence();
}

// Somebody may have drawn them so; a few steps of Adam from zero look the same.
TEST(VectorStanding, BiasesOfOneSpreadOfTheirOwnAreUnknown) {
  const std::string family = "feedforward:input=60,width=60,depth=5,hidden_bias_std=";
  EXPECT_EQ(provenance(drawn(family + ".37", "he")).state, State::unknown);
  Network network = drawn(family + ".37", "he");
  double factor = 1;
  for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
    if (parameter.value.dim() == 1) network.set_parameter(parameter.name, parameter.value * (factor *= 3));
  }
  EXPECT_EQ(provenance(network).state, State::trained);
}

// The forget gate's part of a recurrent layer's biases, the rest as the library drew it.
TEST(VectorStanding, APartOfABiasThatWasSetByHandIsNoTraining) {
  const auto with_first_quarter = [](double value, bool noisy) {
    Network network = drawn("feedforward:input=60,width=60,depth=5,hidden_bias_std=.37", "pytorch");
    for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
      if (parameter.value.dim() != 1) continue;
      at::Tensor unit = at::empty({60}, at::kDouble);
      RandomStream(1, parameter.name).uniform({unit.data_ptr<double>(), 60});
      const at::Tensor biases = ((2 * unit - 1) / std::sqrt(60.)).to(at::kFloat);
      at::Tensor quarter = biases.narrow(0, 0, 15);
      quarter.fill_(value);
      if (noisy) quarter.add_(at::linspace(-.1, .1, 15));
      network.set_parameter(parameter.name, biases);
    }
    return provenance(network);
  };
  const Provenance set = with_first_quarter(1, false), moved = with_first_quarter(1, true);
  EXPECT_EQ(set.state, State::fresh);
  const auto biases_of_pytorch = [](const Provenance& found) {
    return std::count_if(found.parameters.begin(), found.parameters.end(), [](const ParameterOrigin& origin) {
      return origin.role == ParameterRole::bias &&
             std::find(origin.laws.begin(), origin.laws.end(), "pytorch") != origin.laws.end();
    });
  };
  EXPECT_GE(biases_of_pytorch(set), 4);
  EXPECT_EQ(biases_of_pytorch(moved), 0);
}

}  // namespace
}  // namespace shatterproof::vector_standing_test
