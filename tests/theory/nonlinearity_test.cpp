// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/nonlinearity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/matchers.h"

namespace shatterproof::nonlinearity_test {
namespace {

constexpr double kPoints[] = {-5, -2, -.7, -.1, .1, .4, 1.3, 6};

TEST(EveryNonlinearity, HasTheDerivativeThatDifferencesShow) {
  constexpr double kStep = 1e-5, kThirdOrder = 1e-9;
  for (const Nonlinearity& phi : nonlinearities()) {
    for (const double z : kPoints) {
      const double difference = (phi.value(z + kStep) - phi.value(z - kStep)) / (2 * kStep);
      EXPECT_NEAR(phi.derivative(z), difference, kThirdOrder) << phi.name << " at " << z;
    }
  }
}

TEST(EveryNonlinearity, NamesItsKinksAndNoOthers) {
  constexpr double kStep = 1e-7;
  for (const Nonlinearity& phi : nonlinearities()) {
    const bool listed = std::find(phi.kinks.begin(), phi.kinks.end(), 0.0) != phi.kinks.end();
    EXPECT_EQ(std::abs(phi.derivative(kStep) - phi.derivative(-kStep)) > 1e-3, listed) << phi.name;
    EXPECT_NEAR(phi.value(kStep), phi.value(-kStep), 1e-6) << phi.name << ": continuous";
  }
}

TEST(NonlinearityOf, TakesASlopeWhereThereIsOne) {
  EXPECT_EQ(nonlinearity_of("relu").value(-2), 0);
  EXPECT_EQ(nonlinearity_of("prelu").value(-2), -.5);
  EXPECT_EQ(nonlinearity_of("leaky_relu").value(-2), -.02);
  EXPECT_EQ(nonlinearity_of("leaky_relu", .3).derivative(-2), .3);
  EXPECT_THAT(nonlinearity_of("selu").value(-50), IsNear(-1.7580993408473766, 1e-15));
  EXPECT_THAT(nonlinearity_of("gelu").value(1), IsNear(.8413447460685429, 1e-14));
  EXPECT_THROW(nonlinearity_of("tanh", .3), std::invalid_argument);
  EXPECT_THROW(nonlinearity_of("sigmoid"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::nonlinearity_test
