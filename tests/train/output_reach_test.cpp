// SPDX-License-Identifier: Apache-2.0
#include "train/output_reach.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/network/written_network.h"

namespace shatterproof::output_reach_test {
namespace {

using S = const std::string&;
using Write = std::function<std::string(Written& w, S x)>;
constexpr double kOpen = std::numeric_limits<double>::infinity();
constexpr int64_t kOutputs = 3;

OutputReach reach_of(const Write& last) {
  Written w;
  w.builder.output(last(w, w.linear(w.builder.input("x", {5}), 5, kOutputs)));
  return output_reach(w.builder.build(), at::zeros({4, kOutputs}));
}

std::string op(Written& w, const char* name, S x) {
  return w.node(name, {x});
}

std::string length(Written& w, S x) {
  return w.node("ReduceL2", {x}, {{"axes", std::vector<int64_t>{-1}}});
}

struct Case {
  const char* what;
  double least, most;
  Write last;
};

TEST(OutputReach, GoesBackThroughConstantsAndFunctionsOfSingleNumbers) {
  const std::vector<Case> cases = {
      {"nothing", -kOpen, kOpen, [](Written&, S x) { return x; }},
      {"a tenth", -kOpen, kOpen, [](Written& w, S x) { return w.mul(x, w.c(.1)); }},
      {"tanh", -1, 1, [](Written& w, S x) { return op(w, "Tanh", x); }},
      {".02 tanh", -.02, .02, [](Written& w, S x) { return w.mul(w.c(.02), op(w, "Tanh", x)); }},
      {"-2 tanh", -2, 2, [](Written& w, S x) { return w.mul(op(w, "Tanh", x), w.c(-2)); }},
      {".1 + .8 sigmoid", .1, .9,
       [](Written& w, S x) { return w.add(w.mul(op(w, "Sigmoid", x), w.c(.8)), w.c(.1)); }},
      {"255 sigmoid", 0, 255, [](Written& w, S x) { return w.mul(op(w, "Sigmoid", x), w.c(255)); }},
      {"sigmoid written out", 0, 1,
       [](Written& w, S x) { return w.div(w.c(1), w.add(op(w, "Exp", op(w, "Neg", x)), w.c(1))); }},
      {"relu", 0, kOpen, [](Written& w, S x) { return op(w, "Relu", x); }},
      {"relu + 1", 1, kOpen, [](Written& w, S x) { return w.add(op(w, "Relu", x), w.c(1)); }},
      {"-relu", -kOpen, 0, [](Written& w, S x) { return op(w, "Neg", op(w, "Relu", x)); }},
      {"300 + softplus", 300, kOpen, [](Written& w, S x) { return w.add(op(w, "Softplus", x), w.c(300)); }},
      {"exp", 0, kOpen, [](Written& w, S x) { return op(w, "Exp", x); }},
      {"x^2", 0, kOpen, [](Written& w, S x) { return w.mul(x, x); }},
      {"what is never met", -kOpen, kOpen,
       [](Written& w, S x) {
         return w.node("Max", {x, w.c(-100)});
       }},
      {"what is far", 0, 5,
       [](Written& w, S x) {
         return w.node("Clip", {x, w.c(0), w.c(255)});
       }},
      {"logarithm", -kOpen, kOpen, [](Written& w, S x) { return op(w, "Log", x); }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    const OutputReach found = reach_of(one.last);
    ASSERT_EQ(found.least.defined(), one.least > -kOpen);
    ASSERT_EQ(found.most.defined(), one.most < kOpen);
    constexpr double kRounding = 1e-6;  // of constants in float
    const double scale = std::max(1.0, std::abs(std::isfinite(one.most) ? one.most : one.least));
    if (found.least.defined()) {
      EXPECT_NEAR(found.least.min().item<double>(), one.least, kRounding * scale);
    }
    if (found.most.defined()) {
      EXPECT_NEAR(found.most.max().item<double>(), one.most, kRounding * scale);
    }
    EXPECT_FALSE(found.of_unit_length);
    EXPECT_FALSE(found.rises_along);
  }
}

TEST(OutputReach, IsThatOfEachUnitWhereConstantsAreVectors) {
  const OutputReach found = reach_of([](Written& w, S x) {
    const std::string half = w.builder.parameter("half", at::tensor({1.F, 2.F, 3.F}), false),
                      middle = w.builder.parameter("middle", at::tensor({0.F, 10.F, 0.F}), false);
    return w.add(w.mul(op(w, "Tanh", x), half), middle);
  });
  ASSERT_TRUE(found.least.defined() && found.most.defined());
  constexpr double kRounding = 1e-6;
  const at::Tensor least = found.least.reshape({kOutputs}), most = found.most.reshape({kOutputs});
  EXPECT_TRUE(at::allclose(least, at::tensor({-1., 8., -3.}, at::kDouble), kRounding, kRounding));
  EXPECT_TRUE(at::allclose(most, at::tensor({1., 12., 3.}, at::kDouble), kRounding, kRounding));
}

TEST(OutputReach, IsOpenWhereAFactorLeavesNothing) {
  EXPECT_FALSE(reach_of([](Written& w, S x) { return w.mul(op(w, "Tanh", x), w.c(0)); }).is_bounded());
}

TEST(OutputReach, KnowsVectorsOfLengthOneAndTheirCosines) {
  const auto is_unit = [](const OutputReach& found, double bound) {
    constexpr double kRounding = 1e-6;
    EXPECT_TRUE(found.of_unit_length);
    ASSERT_TRUE(found.least.defined() && found.most.defined());
    EXPECT_NEAR(found.least.min().item<double>(), -bound, kRounding);
    EXPECT_NEAR(found.most.max().item<double>(), bound, kRounding);
  };
  const auto written_out = [](Written& w, S x) {
    return w.div(x, w.node("Clip", {length(w, x), w.c(1e-12)}));
  };
  is_unit(reach_of([](Written& w, S x) { return op(w, "LpNormalization", x); }), 1);
  is_unit(reach_of(written_out), 1);
  const auto cosines = [&](double factor, bool normalizes) {
    return reach_of([&](Written& w, S x) {
      const std::string weight = w.builder.parameter(
          "classes", at::arange(1, 10, at::kFloat).sin().view({kOutputs, kOutputs}), true);
      const std::string rows = normalizes ? w.div(weight, length(w, weight)) : weight;
      const std::string turned = w.node("Transpose", {rows}, {{"perm", std::vector<int64_t>{1, 0}}});
      return w.mul(w.node("MatMul", {written_out(w, x), turned}), w.c(factor));
    });
  };
  is_unit(cosines(1, true), 1);
  is_unit(cosines(64, true), 64);
  EXPECT_FALSE(cosines(1, false).is_bounded()) << "weights of any length make numbers of any size";
}

TEST(OutputReach, IsThatOfAllPartsOfAConcatenation) {
  const auto joined = [](const char* first, const char* second, double shift = 0) {
    return reach_of([&](Written& w, S x) {
      const auto part = [&](const char* name) { return name ? op(w, name, x) : x; };
      const std::string shifted = w.add(part(second), w.c(shift));
      return w.node("Concat", {part(first), shifted}, {{"axis", int64_t{-1}}});
    });
  };
  constexpr double kRounding = 1e-6;
  for (const OutputReach& found : {joined("Sigmoid", "Sigmoid"), joined("Sigmoid", nullptr),
                                   joined(nullptr, "Sigmoid"), joined("Tanh", "Sigmoid")}) {
    ASSERT_TRUE(found.least.defined() && found.most.defined());
    EXPECT_NEAR(found.least.min().item<double>(), 0, kRounding);
    EXPECT_NEAR(found.most.max().item<double>(), 1, kRounding);
  }
  const OutputReach half_open = joined("Relu", nullptr);
  EXPECT_TRUE(half_open.least.defined() && !half_open.most.defined());
  EXPECT_FALSE(joined(nullptr, nullptr).is_bounded());
  EXPECT_FALSE(joined("Sigmoid", "Sigmoid", 5).is_bounded()) << "they have no number in common";
}

TEST(OutputReach, KnowsRunningSums) {
  const auto summed = [](const char* before, double factor) {
    return reach_of([&](Written& w, S x) {
      const std::string axis = w.builder.parameter("axis", at::tensor(int64_t{-1}), false);
      return w.mul(w.node("CumSum", {before ? op(w, before, x) : x, axis}), w.c(factor));
    });
  };
  const OutputReach rising = summed("Softplus", 3);
  EXPECT_EQ(rising.rises_along, 1);
  ASSERT_TRUE(rising.least.defined());
  EXPECT_EQ(rising.least.min().item<double>(), 0);
  EXPECT_FALSE(rising.most.defined());
  EXPECT_FALSE(summed("Softplus", -1).is_bounded()) << "it falls: not told";
  EXPECT_FALSE(summed(nullptr, 1).is_bounded());
  EXPECT_FALSE(summed("Sigmoid", 1).is_bounded()) << "each step has a bound of its own: not told";
}

}  // namespace
}  // namespace shatterproof::output_reach_test
