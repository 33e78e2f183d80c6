// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "operator_call.h"

namespace shatterproof::operator_value_test {
namespace {

using Ints = std::vector<int64_t>;

const double kNaN = std::numeric_limits<double>::quiet_NaN();

at::Tensor counted(at::IntArrayRef sizes) {
  return at::arange(c10::multiply_integers(sizes), at::kFloat).reshape(sizes);
}

TEST(Gemm, BroadcastsItsBiasAndTakesFactors) {
  const at::Tensor a = floats({1, 2}, {1, 2}), b = floats({1, 0, 0, 1}, {2, 2});
  EXPECT_TRUE(identical(output_of({"Gemm"}, {a, b, floats({10}, {})}), floats({11, 12}, {1, 2})));
  EXPECT_TRUE(identical(output_of({"Gemm", 13, {{"alpha", 2.0}, {"beta", 0.5}}}, {a, b, floats({10, 20})}),
                        floats({7, 14}, {1, 2})));
  EXPECT_TRUE(identical(output_of({"Gemm", 13, {{"alpha", 2.0}}}, {a, b}), floats({2, 4}, {1, 2})));
  EXPECT_TRUE(identical(output_of({"Gemm"}, {a.to(at::kInt), b.to(at::kInt), integers({1, 2}).to(at::kInt)}),
                        integers({2, 4}).to(at::kInt).reshape({1, 2})));
}

TEST(PRelu, TakesASlopePerChannelAndBeforeOperatorSet7AList) {
  const at::Tensor x = floats({-1, 2, -3, -4}, {1, 2, 2});
  const at::Tensor expected = floats({-0.5, 2, -6, -8}, {1, 2, 2});
  EXPECT_TRUE(identical(output_of({"PRelu", 9}, {x, floats({0.5, 2}, {2, 1})}), expected));
  EXPECT_TRUE(identical(output_of({"PRelu", 6}, {x, floats({0.5, 2})}), expected));
  EXPECT_TRUE(
      identical(output_of({"PRelu", 9}, {x, floats({0.5, 2})}), floats({-0.5, 2, -1.5, -8}, {1, 2, 2})));
  EXPECT_TRUE(identical(output_of({"PRelu", 9}, {integers({-1, 2}), integers({3})}), integers({-3, 2})));
}

TEST(Selu, HasTheConstantsOfTheOperatorSet) {
  EXPECT_TRUE(at::allclose(output_of({"Selu"}, {floats({-1, 1})}), floats({-1.1113307, 1.0507010}), 1e-6));
}

TEST(Gelu, IsExactOrByTanh) {
  EXPECT_TRUE(at::allclose(output_of({"Gelu", 20}, {floats({1})}), floats({0.8413447}), 1e-6));
  EXPECT_TRUE(at::allclose(output_of({"Gelu", 20, {{"approximate", "tanh"}}}, {floats({1})}),
                           floats({0.8411920}), 1e-6));
}

TEST(Clip, ReadsItsBoundsFromAttributesThenFromInputs) {
  const at::Tensor x = floats({-2, 0, 2});
  EXPECT_TRUE(identical(output_of({"Clip", 6, {{"max", 1.0}}}, {x}), floats({-2, 0, 1})));
  EXPECT_TRUE(identical(output_of({"Clip", 11}, {x, at::Tensor(), floats({1}, {})}), floats({-2, 0, 1})));
  EXPECT_TRUE(
      identical(output_of({"Clip", 12}, {integers({-5, 5}), integers({-1}).squeeze()}), integers({-1, 5})));
  EXPECT_TRUE(
      identical(output_of({"Clip", 13}, {x, floats({1}, {}), floats({-1}, {})}), floats({-1, -1, -1})));
  EXPECT_TRUE(identical(output_of({"Clip"}, {floats({kNaN}), floats({0}, {})}), floats({kNaN})));
}

TEST(Arithmetic, KeepsIntegersIntegers) {
  EXPECT_TRUE(identical(output_of({"Div"}, {integers({7, -7}), integers({2, 2})}), integers({3, -3})));
  EXPECT_TRUE(identical(output_of({"Sub"}, {integers({1}).to(at::kByte), integers({2}).to(at::kByte)}),
                        integers({255}).to(at::kByte)));
  EXPECT_TRUE(identical(output_of({"Pow"}, {integers({2, 9}).to(at::kInt), floats({3, 0.5})}),
                        integers({8, 3}).to(at::kInt)));
  EXPECT_TRUE(identical(output_of({"Pow"}, {floats({2, 9}), integers({3, 2})}), floats({8, 81})));
  EXPECT_TRUE(
      identical(output_of({"Max"}, {integers({1, 5}), integers({3}), integers({2, 9})}), integers({3, 9})));
  EXPECT_TRUE(identical(output_of({"Max"}, {floats({kNaN}), floats({1})}), floats({kNaN})));
}

TEST(Arithmetic, AlignedAxesByAnAttributeBeforeOperatorSet7) {
  const at::Tensor y = output_of({"Add", 6, {{"broadcast", int64_t{1}}, {"axis", int64_t{1}}}},
                                 {at::zeros({2, 3, 2}), floats({1, 2, 3})});
  EXPECT_TRUE(identical(y[1].select(1, 1), floats({1, 2, 3})));
}

TEST(Pow, OfANegativeBaseHasADerivative) {
  const at::Tensor x = floats({-3}).requires_grad_(true);
  output_of({"Pow"}, {x, floats({2}, {})}).backward();
  EXPECT_TRUE(identical(x.grad(), floats({-6})));
}

TEST(Softmax, CoercedToAMatrixBeforeOperatorSet13) {
  const at::Tensor x = at::zeros({2, 3, 4});
  EXPECT_TRUE(at::allclose(output_of({"Softmax", 11}, {x}), at::full({2, 3, 4}, 1.0 / 12)));
  EXPECT_TRUE(at::allclose(output_of({"Softmax", 13}, {x}), at::full({2, 3, 4}, 1.0 / 4)));
  EXPECT_TRUE(at::allclose(output_of({"LogSoftmax", 11, {{"axis", int64_t{0}}}}, {x}),
                           at::full({2, 3, 4}, -std::log(24.0))));
}

TEST(Cast, ReachesEveryTypeOfNumber) {
  const at::Tensor x = floats({-1.5, 70000});
  const auto cast = [&](const at::Tensor& from, int64_t to) {
    return output_of({"Cast", 19, {{"to", to}}}, {from});
  };
  EXPECT_TRUE(identical(cast(x, 7), integers({-1, 70000})));
  EXPECT_TRUE(identical(cast(integers({-1, 70000}), 4), integers({65535, 4464}).to(at::kInt)));
  EXPECT_TRUE(identical(cast(integers({-1, 7}), 12), integers({4294967295, 7})));
  EXPECT_TRUE(identical(cast(integers({-1, 7}), 13), integers({-1, 7})));
  EXPECT_TRUE(identical(cast(integers({300}), 2), integers({44}).to(at::kByte)));
  EXPECT_TRUE(identical(cast(floats({0.5, 0}), 9), integers({1, 0}).to(at::kBool)));
  EXPECT_EQ(cast(x, 10).scalar_type(), at::kHalf);
  EXPECT_EQ(cast(x, 16).scalar_type(), at::kBFloat16);
  EXPECT_EQ(cast(x, 11).scalar_type(), at::kDouble);
}

TEST(Cast, GivesTheOneFloatingTypeOfTheRun) {
  for (const at::ScalarType floating : {at::kFloat, at::kDouble}) {
    const std::vector<at::Tensor> inputs = {at::full({1}, 0.1, floating)};
    for (const int64_t to : {1, 10, 11, 16}) {
      const Node node = NodeText{"Cast", 17, {{"to", to}}}.node(1);
      OperatorCall call{node, inputs};
      call.floating = floating;
      EXPECT_TRUE(identical(evaluate(call)[0], inputs[0])) << to;
    }
    const Node node = NodeText{"Constant", 17, {{"value", at::full({1}, 0.1, at::kDouble)}}}.node(0);
    OperatorCall call{node, {}};
    call.floating = floating;
    EXPECT_TRUE(identical(evaluate(call)[0], at::full({1}, 0.1, at::kDouble).to(floating)));
  }
}

TEST(Constant, HasAValueOfAnyForm) {
  EXPECT_TRUE(identical(output_of({"Constant", 13, {{"value_float", 2.5}}}, {}), floats({2.5}, {})));
  EXPECT_TRUE(identical(output_of({"Constant", 13, {{"value_floats", std::vector<double>{1, 2}}}}, {}),
                        floats({1, 2})));
  EXPECT_TRUE(
      identical(output_of({"Constant", 13, {{"value_int", int64_t{7}}}}, {}), integers({7}).squeeze()));
  EXPECT_TRUE(identical(output_of({"Constant", 13, {{"value_ints", Ints{}}}}, {}), integers({})));
  EXPECT_TRUE(identical(output_of({"Constant", 9, {{"value", integers({3, 4})}}}, {}), integers({3, 4})));
  EXPECT_NE(refusal_of({"Constant", 13, {{"value_string", "x"}}}, {}), "");
  EXPECT_NE(refusal_of({"Constant", 13}, {}), "");
}

TEST(ConstantOfShape, FillsWithItsValue) {
  EXPECT_TRUE(identical(output_of({"ConstantOfShape"}, {integers({2})}), floats({0, 0})));
  EXPECT_TRUE(identical(output_of({"ConstantOfShape", 9, {{"value", integers({3})}}}, {integers({})}),
                        integers({3}).squeeze()));
  EXPECT_EQ(output_of({"ConstantOfShape"}, {integers({2, 0})}).sizes(), at::IntArrayRef({2, 0}));
}

TEST(Reduce, ReadsAxesFromAttributesThenFromInputs) {
  const at::Tensor x = counted({2, 3});
  EXPECT_TRUE(identical(output_of({"ReduceSum", 11, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}}}, {x}),
                        floats({3, 12})));
  EXPECT_TRUE(identical(output_of({"ReduceSum", 13}, {x, integers({-1})}), floats({3, 12}, {2, 1})));
  EXPECT_TRUE(
      identical(output_of({"ReduceMean", 17, {{"axes", Ints{0}}}}, {x}), floats({1.5, 2.5, 3.5}, {1, 3})));
  EXPECT_TRUE(identical(output_of({"ReduceMean", 18}, {x, integers({0})}), floats({1.5, 2.5, 3.5}, {1, 3})));
  EXPECT_TRUE(
      identical(output_of({"ReduceMean", 18, {{"noop_with_empty_axes", int64_t{1}}}}, {x, integers({})}), x));
  EXPECT_TRUE(identical(output_of({"ReduceMean", 18}, {x, integers({})}), floats({2.5}, {1, 1})));
  EXPECT_TRUE(identical(output_of({"ReduceSum", 13}, {floats({5}, {})}), floats({5}, {})));
  EXPECT_TRUE(identical(output_of({"ReduceMean", 13}, {integers({1, 2, 4}).to(at::kInt)}),
                        integers({2}).to(at::kInt)));
  EXPECT_TRUE(
      identical(output_of({"ReduceSum", 13, {{"keepdims", int64_t{0}}}}, {at::zeros({2, 0}), integers({1})}),
                floats({0, 0})));
}

}  // namespace
}  // namespace shatterproof::operator_value_test
