// SPDX-License-Identifier: Apache-2.0
#include "experiment/half_precision.h"

#include <algorithm>
#include <cmath>

#include "experiment/exponents.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::half_precision_test {
namespace {

Exponents counted(const std::vector<double>& numbers, const HalfType& type = {}) {
  Exponents exponents{.type = type};
  exponents.add(at::tensor(numbers, at::kDouble));
  return exponents;
}

TEST(Exponents, AreThoseOfTheTypeByHand) {
  const Exponents found =
      counted({65519, -65520, 1e9, std::ldexp(1, -14), std::ldexp(.99, -14), std::ldexp(-.9, -25), 0, 1});
  EXPECT_EQ(found.overflow(), 2. / 8);
  EXPECT_EQ(found.subnormal(), 2. / 8);
  EXPECT_EQ(found.underflow(), 1. / 8);
  EXPECT_EQ(found.largest, 1e9);
  EXPECT_FALSE(counted({1, NAN}).is_finite);
}

// Numbers of all sizes, rounded by the tensor library.
TEST(Exponents, CountWhatRoundingLoses) {
  const at::Tensor sizes = gaussian_tensor("sizes", {4000}) * 30;
  for (const auto& [name, type] : {std::pair("float16", at::kHalf), {"bfloat16", at::kBFloat16}}) {
    const double stretch = type == at::kHalf ? 1 : 4;
    const at::Tensor x = (sizes * stretch).exp2().to(at::kFloat);
    const at::Tensor finite = x.masked_select(x.isfinite() & (x > 0)),
                     rounded = finite.to(type).to(at::kFloat);
    Exponents found{.type = half_type(name, "test")};
    found.add(finite);
    const auto share = [&](const at::Tensor& which) {
      return which.sum().item<double>() / static_cast<double>(finite.numel());
    };
    EXPECT_EQ(found.overflow(), share(rounded.isinf())) << name;
    EXPECT_EQ(found.underflow(), share(rounded == 0)) << name;
    EXPECT_GT(found.underflow(), 0) << name;
  }
}

std::vector<Reading> half_precision(const Network& network, const at::Tensor& x,
                                    const std::string& options = "", const at::Tensor& labels = {},
                                    const std::string& tap = "") {
  Batch batch;
  batch.inputs = {x.to(at::kFloat)};
  batch.labels = labels;
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.tap = tap;
  return measure(network, batch, {"half_precision" + options}, request).readings;
}

double scalar(const std::vector<Reading>& readings, const std::string& name) {
  return find_reading(readings, name, ReadingType::scalar).value();
}

// Two classes, weights of zero, one example x of class 0: gradients -x/2 and x/2 of the weight, 1/2 of the
// logits, 0 of the input.
TEST(HalfPrecision, OfOneLinearMapByHand) {
  NetworkBuilder builder("undecided");
  builder.output(builder.linear(builder.input("input", {2}), {"layer_1", 2, 2, false, "", ""}));
  const at::Tensor x = at::tensor({std::ldexp(1, -30), 1e5}).view({1, 2});
  const std::vector<Reading> readings = half_precision(builder.build(), x, "", at::zeros({1}, at::kLong));
  EXPECT_EQ(find_reading(readings, "half_precision").values[0], 1) << "one number each way";
  EXPECT_THAT(find_reading(readings, "half_headroom").values[0], IsNear(.65504, 1e-12));
  EXPECT_THAT(find_reading(readings, "half_gradient_of_weights").values, ::testing::ElementsAre(.5));
  // The largest is 5e4; 2^-31 of the weights is to become 2^-25 at least.
  EXPECT_EQ(scalar(readings, "half_loss_scale"), 1);
  EXPECT_EQ(scalar(readings, "half_loss_scale_least"), std::ldexp(1, 6));
}

TEST(HalfPrecision, NeedsAScaleOnlyInFloat16) {
  const Network network = rectifier_network(4, 8, 3, 1);
  const at::Tensor x = gaussian_tensor("x", {32, 4}) * std::ldexp(1, -28);
  const std::vector<Reading> narrow = half_precision(network, x),
                             wide = half_precision(network, x, ":type=bfloat16");
  EXPECT_GT(find_reading(narrow, "half_precision").values[0], .9);
  EXPECT_THAT(find_reading(wide, "half_precision").values, ::testing::Each(0));
  EXPECT_GT(scalar(narrow, "half_loss_scale_least"), 4);
  EXPECT_EQ(scalar(wide, "half_loss_scale_least"), 1);
  // With the least scale nearly nothing is lost, with half of it more.
  EXPECT_GE(scalar(narrow, "half_loss_scale"), scalar(narrow, "half_loss_scale_least"));
}

TEST(HalfPrecision, ReadsWeightsAloneWhereTokensHaveLabels) {
  NetworkBuilder builder("tokens");
  builder.output(builder.linear_per_token(builder.input("input", {3, 4}), "layer_1", 4, 5));
  const std::vector<Reading> readings = half_precision(builder.build(), gaussian_tensor("x", {6, 3, 4}));
  EXPECT_THAT(find_reading(readings, "half_gradient").undefined, ::testing::HasSubstr("tokens have labels"));
  EXPECT_THAT(find_reading(readings, "half_gradient_of_weights").values, ::testing::ElementsAre(0));
  EXPECT_GT(scalar(readings, "half_loss_scale"), 1e4);
}

// Curves have its one place; weights are no taps, and one scale must fit all gradients.
TEST(HalfPrecision, AtOneTapIsThatPlaceOfTheWhole) {
  const Network network = rectifier_network(4, 8, 3, 1);
  const at::Tensor x = gaussian_tensor("x", {32, 4}) * std::ldexp(1, -28);
  const std::vector<Reading> all = half_precision(network, x);
  const Reading& curve = find_reading(all, "half_gradient");
  ASSERT_GT(curve.values.size(), 2U);
  const std::string tap = curve.x_labels[2];
  const std::vector<Reading> one = half_precision(network, x, "", {}, tap);
  for (const char* name : {"half_precision", "half_headroom", "half_subnormal", "half_gradient"}) {
    const Reading &whole = find_reading(all, name), &part = find_reading(one, name);
    ASSERT_EQ(part.x_labels, std::vector<std::string>{tap}) << name;
    const auto at = std::find(whole.x_labels.begin(), whole.x_labels.end(), tap) - whole.x_labels.begin();
    EXPECT_EQ(part.values[0], whole.values[static_cast<size_t>(at)]) << name;
  }
  EXPECT_EQ(find_reading(one, "half_gradient_of_weights").values,
            find_reading(all, "half_gradient_of_weights").values);
  for (const char* name : {"half_loss_scale", "half_loss_scale_least"})
    EXPECT_EQ(scalar(one, name), scalar(all, name)) << name;
}

TEST(HalfPrecision, AtOneTapOfTokensReadsTheirWeights) {
  NetworkBuilder builder("tokens");
  builder.output(builder.linear_per_token(builder.input("input", {3, 4}), "layer_1", 4, 5));
  const std::vector<Reading> readings =
      half_precision(builder.build(), gaussian_tensor("x", {6, 3, 4}), "", {}, "input");
  EXPECT_EQ(find_reading(readings, "half_precision").x_labels, std::vector<std::string>{"input"});
  EXPECT_THAT(find_reading(readings, "half_gradient").undefined, ::testing::HasSubstr("tokens have labels"));
  EXPECT_GT(scalar(readings, "half_loss_scale"), 1e4);
}

}  // namespace
}  // namespace shatterproof::half_precision_test
