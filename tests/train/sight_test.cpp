// SPDX-License-Identifier: Apache-2.0
#include "train/sight.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/train/rehearsal.h"

namespace shatterproof::sight_test {
namespace {

// x [n] to x times a matrix [n, m].
Network product(const at::Tensor& matrix) {
  NetworkBuilder builder("product");
  const std::string x = builder.input("x", {matrix.size(0)});
  builder.output(builder.node("MatMul", "y", {x, builder.parameter("matrix", matrix, false)}));
  return builder.build();
}

std::optional<Sight> sight(const Network& network) {
  return sight_of(*tap_source(network, {}), gaussian_batch(network.inputs(), 6, 1, 20), {});
}

TEST(Sight, IsWhereTheMatrixIsNotZero) {
  const at::Tensor matrix =
      at::ones({4, 4}).triu(1);  // the first number sees nothing, the last all but its own
  const std::optional<Sight> found = sight(product(matrix));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->seen.equal(matrix.gt(0)));
}

TEST(Sight, IsOfSixteenStretchesWhereThereAreMoreNumbers) {
  const at::Tensor matrix = at::zeros({40, 2});
  matrix[39][0] = 1;
  matrix.select(1, 1).fill_(1);
  const std::optional<Sight> found = sight(product(matrix));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seen.sizes(), at::IntArrayRef({16, 2}));
  EXPECT_EQ(found->seen.sum(0)[0].item<int64_t>(), 1);
  EXPECT_TRUE(found->seen[15][0].item<bool>());
  const Batch batch{{at::arange(80).view({2, 40})}, {}};
  EXPECT_TRUE(Sight::of_parts(batch, found->seen.select(1, 0)).rows().equal(batch.rows().narrow(1, 37, 3)));
}

TEST(Sight, IsNothingWhereAllSeeAsMuch) {
  EXPECT_FALSE(sight(product(at::ones({4, 3}))));
  EXPECT_FALSE(sight(product(at::zeros({4, 3}))));
}

// Germain et al. 2015: the number i of the output depends on those before i alone.
Network masked_autoencoder(int64_t numbers, int64_t units) {
  NetworkBuilder builder("masked");
  std::string x = builder.input("x", {numbers});
  at::Tensor degree = at::arange(1, numbers + 1);
  for (const std::string name : {"a", "b", "readout"}) {
    const bool last = name == "readout";
    const at::Tensor next =
        last ? at::arange(1, numbers + 1) : at::arange(units).remainder(numbers - 1).add(1);
    const at::Tensor mask =
        last ? next.unsqueeze(0).gt(degree.unsqueeze(1)) : next.unsqueeze(0).ge(degree.unsqueeze(1));
    const double scale = 1 / std::sqrt(3. * static_cast<double>(degree.numel()));
    const at::Tensor drawn = scale * at::randn({degree.numel(), next.numel()});
    const std::string weight = builder.node("Mul", name + ".masked",
                                            {builder.parameter(name + ".weight", drawn, true),
                                             builder.parameter(name + ".mask", mask.to(at::kFloat), false)});
    x = builder.node("MatMul", name, {x, weight});
    x = builder.node("Add", name + ".sum",
                     {x, builder.parameter(name + ".bias", at::zeros(next.sizes()), true)});
    if (!last) x = builder.activation(x, name + ".relu", "relu");
    degree = next;
  }
  builder.output(x);
  return builder.build();
}

TEST(Sight, IsWhatMayBeAskedOfAnAutoregressiveNetwork) {
  at::manual_seed(1);
  const Network network = masked_autoencoder(60, 64);
  Batch bits = gaussian_batch(network.inputs(), 32, 1, 20);
  bits.inputs[0] = bits.inputs[0].gt(0).to(at::kFloat);
  RehearsalOptions options;
  options.seconds = 300;
  const Rehearsal found = rehearsal(network, bits, options);
  EXPECT_EQ(found.verdict, RehearsalVerdict::learns) << found.reason;
  EXPECT_NE(found.task.sentence.find("see most of the inputs"), std::string::npos) << found.task.sentence;
}

}  // namespace
}  // namespace shatterproof::sight_test
