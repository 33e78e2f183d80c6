// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "operator_call.h"

namespace shatterproof::operator_movement_test {
namespace {

using Ints = std::vector<int64_t>;

at::Tensor counted(at::IntArrayRef sizes) {
  return at::arange(c10::multiply_integers(sizes), at::kFloat).reshape(sizes);
}

TEST(Reshape, CopiesZerosAndInfersOneSize) {
  const at::Tensor x = counted({2, 3, 4});
  EXPECT_EQ(output_of({"Reshape"}, {x, integers({0, -1})}).sizes(), at::IntArrayRef({2, 12}));
  EXPECT_EQ(output_of({"Reshape"}, {x, integers({4, 0, -1})}).sizes(), at::IntArrayRef({4, 3, 2}));
  EXPECT_EQ(output_of({"Reshape"}, {floats({1}), integers({})}).dim(), 0);
  const NodeText allows{"Reshape", 14, {{"allowzero", int64_t{1}}}};
  EXPECT_EQ(output_of(allows, {at::zeros({0, 3}), integers({3, 0})}).sizes(), at::IntArrayRef({3, 0}));
  EXPECT_EQ(refusal_of({"Reshape"}, {floats({1}), integers({1, 0})}),
            "Reshape 'node_1': 0 stands for an axis of [1]; got [1, 0]");
}

TEST(Flatten, MakesAMatrixWhateverTheRank) {
  EXPECT_EQ(output_of({"Flatten"}, {counted({2, 3, 4})}).sizes(), at::IntArrayRef({2, 12}));
  EXPECT_EQ(output_of({"Flatten", 11, {{"axis", int64_t{-1}}}}, {counted({2, 3, 4})}).sizes(),
            at::IntArrayRef({6, 4}));
  EXPECT_EQ(output_of({"Flatten", 11, {{"axis", int64_t{0}}}}, {floats({5}, {})}).sizes(),
            at::IntArrayRef({1, 1}));
  EXPECT_EQ(output_of({"Flatten"}, {at::zeros({0, 3, 2})}).sizes(), at::IntArrayRef({0, 6}));
  EXPECT_EQ(output_of({"Flatten"}, {counted({4})}).sizes(), at::IntArrayRef({4, 1}));
}

TEST(Squeeze, AndUnsqueezeReadAxesFromAttributesThenFromInputs) {
  EXPECT_EQ(output_of({"Squeeze", 11, {{"axes", Ints{0}}}}, {counted({1, 3, 1})}).sizes(),
            at::IntArrayRef({3, 1}));
  EXPECT_EQ(output_of({"Squeeze", 13}, {counted({1, 3, 1}), integers({-1})}).sizes(),
            at::IntArrayRef({1, 3}));
  EXPECT_EQ(output_of({"Squeeze", 13}, {counted({1, 3, 1})}).sizes(), at::IntArrayRef({3}));
  EXPECT_EQ(output_of({"Unsqueeze", 11, {{"axes", Ints{3, 0}}}}, {counted({2, 3})}).sizes(),
            at::IntArrayRef({1, 2, 3, 1}));
  EXPECT_EQ(output_of({"Unsqueeze", 13}, {floats({5}, {}), integers({0})}).sizes(), at::IntArrayRef({1}));
}

TEST(Split, GivesTheLastPartWhatIsLeft) {
  const auto parts = outputs_of({"Split", 18, {{"num_outputs", int64_t{3}}}, 3}, {counted({7})});
  EXPECT_TRUE(identical(parts[2], floats({6})));
  EXPECT_EQ(parts[0].size(0), 3);
  const auto given = outputs_of({"Split", 11, {{"split", Ints{1, 0, 6}}}, 3}, {counted({7})});
  EXPECT_EQ(given[1].size(0), 0);
  EXPECT_NE(refusal_of({"Split", 13, {}, 3}, {counted({7})}), "")
      << "unequal parts came with operator set 18";
  EXPECT_NE(refusal_of({"Split", 13, {}, 2}, {counted({7}), integers({3, 3})}), "");
}

TEST(Slice, StepsBackwards) {
  const at::Tensor x = counted({6});
  const auto sliced = [&](int64_t start, int64_t end, int64_t step) {
    return output_of({"Slice", 10}, {x, integers({start}), integers({end}), integers({0}), integers({step})});
  };
  EXPECT_TRUE(identical(sliced(-1, -4, -1), floats({5, 4, 3})));
  EXPECT_TRUE(identical(sliced(5, 0, -2), floats({5, 3, 1})));
  EXPECT_TRUE(identical(sliced(4, -100, -3), floats({4, 1})));
  EXPECT_EQ(sliced(1, 3, -1).numel(), 0);
  EXPECT_TRUE(identical(output_of({"Slice", 1, {{"starts", Ints{1}}, {"ends", Ints{-1}}}}, {x}),
                        floats({1, 2, 3, 4})));
  EXPECT_EQ(
      output_of({"Slice", 10}, {at::zeros({0}), integers({5}), integers({-9}), integers({0}), integers({-1})})
          .numel(),
      0);
}

TEST(Gather, CountsNegativeIndicesFromTheEnd) {
  const at::Tensor x = counted({3, 2});
  EXPECT_TRUE(identical(output_of({"Gather"}, {x, integers({-1, 0})}), floats({4, 5, 0, 1}, {2, 2})));
  EXPECT_TRUE(
      identical(output_of({"Gather", 11, {{"axis", int64_t{1}}}}, {x, integers({1}).squeeze().to(at::kInt)}),
                floats({1, 3, 5})));
  EXPECT_EQ(output_of({"Gather"}, {x, at::zeros({2, 0}, at::kLong)}).sizes(), at::IntArrayRef({2, 0, 2}));
  EXPECT_EQ(refusal_of({"Gather"}, {x, integers({3})}),
            "Gather 'node_1': indices lie in [-3, 3); got 3 to 3");
}

TEST(Pad, KnowsFourModes) {
  const at::Tensor x = floats({1, 2, 3});
  const auto padded = [&](const char* mode, int64_t begin, int64_t end) {
    return output_of({"Pad", 19, {{"mode", mode}}}, {x, integers({begin, end})});
  };
  EXPECT_TRUE(identical(padded("constant", 1, 2), floats({0, 1, 2, 3, 0, 0})));
  EXPECT_TRUE(identical(padded("edge", 2, 1), floats({1, 1, 1, 2, 3, 3})));
  EXPECT_TRUE(identical(padded("reflect", 2, 2), floats({3, 2, 1, 2, 3, 2, 1})));
  EXPECT_TRUE(identical(padded("reflect", 5, 0), floats({2, 1, 2, 3, 2, 1, 2, 3})));
  EXPECT_TRUE(identical(padded("wrap", 4, 1), floats({3, 1, 2, 3, 1, 2, 3, 1})));
  EXPECT_TRUE(identical(padded("edge", -1, 1), floats({2, 3, 3})));
  EXPECT_TRUE(identical(padded("constant", -1, -1), floats({2})));
  EXPECT_NE(refusal_of({"Pad", 18, {{"mode", "wrap"}}}, {x, integers({1, 1})}), "");
  EXPECT_NE(refusal_of({"Pad", 18, {{"mode", "edge"}}}, {at::zeros({0}), integers({1, 1})}), "");
}

TEST(Pad, ReadsAxesAndValuesFromInputs) {
  const at::Tensor x = counted({2, 2});
  const at::Tensor y = output_of({"Pad", 18}, {x, integers({1, 0}), floats({9}, {}), integers({-1})});
  EXPECT_TRUE(identical(y, floats({9, 0, 1, 9, 2, 3}, {2, 3})));
  EXPECT_TRUE(identical(output_of({"Pad", 2, {{"pads", Ints{0, 0, 0, 1}}, {"value", 7.0}}}, {x}),
                        floats({0, 1, 7, 2, 3, 7}, {2, 3})));
  EXPECT_TRUE(identical(output_of({"Pad", 13}, {integers({4}), integers({1, 0}), integers({5}).squeeze()}),
                        integers({5, 4})));
}

TEST(Dropout, IsItsMean) {
  const at::Tensor x = counted({4});
  const auto trained = outputs_of({"Dropout", 13, {}, 2}, {x, floats({0.5}, {}), at::ones({}, at::kBool)});
  EXPECT_TRUE(identical(trained[0], x));
  EXPECT_TRUE(identical(trained[1], at::ones({4}, at::kBool)));
  EXPECT_TRUE(identical(outputs_of({"Dropout", 7, {{"ratio", 0.5}}, 2}, {x})[1], at::ones({4})));
}

TEST(Shape, IsCutByStartAndEnd) {
  const at::Tensor x = counted({2, 3, 4});
  EXPECT_TRUE(identical(output_of({"Shape"}, {x}), integers({2, 3, 4})));
  EXPECT_TRUE(identical(output_of({"Shape", 15, {{"start", int64_t{-2}}, {"end", int64_t{-1}}}}, {x}),
                        integers({3})));
  EXPECT_TRUE(
      identical(output_of({"Shape", 15, {{"start", int64_t{2}}, {"end", int64_t{1}}}}, {x}), integers({})));
  EXPECT_TRUE(identical(output_of({"Shape"}, {floats({5}, {})}), integers({})));
}

TEST(Expand, BroadcastsBothWays) {
  EXPECT_EQ(output_of({"Expand"}, {counted({3, 1}), integers({2, 1, 6})}).sizes(),
            at::IntArrayRef({2, 3, 6}));
  EXPECT_EQ(output_of({"Expand"}, {counted({3, 4}), integers({1})}).sizes(), at::IntArrayRef({3, 4}));
  EXPECT_EQ(output_of({"Tile"}, {counted({2}), integers({0})}).numel(), 0);
}

TEST(Concat, NeedsItsAxis) {
  EXPECT_TRUE(identical(output_of({"Concat", 17, {{"axis", int64_t{-1}}}}, {floats({1}), floats({2, 3})}),
                        floats({1, 2, 3})));
  EXPECT_EQ(refusal_of({"Concat"}, {floats({1})}), "Concat 'node_1': needs attribute axis; got none");
  EXPECT_NE(refusal_of({"Concat", 17, {{"axis", int64_t{0}}}}, {counted({1, 2}), counted({1, 3})}), "");
}

TEST(Where, ChoosesWithBroadcasting) {
  const at::Tensor condition = integers({1, 0}).to(at::kBool);
  EXPECT_TRUE(identical(output_of({"Where"}, {condition, floats({1}, {}), floats({2, 3})}), floats({1, 3})));
  EXPECT_NE(refusal_of({"Where"}, {floats({1, 0}), floats({1, 2}), floats({2, 3})}), "");
  EXPECT_TRUE(
      identical(output_of({"Equal"}, {integers({1, 2}), integers({2})}), integers({0, 1}).to(at::kBool)));
}

TEST(Selection, TakesTheFirstOfEqualValuesOrTheLastWhereAsked) {
  const at::Tensor x = floats({1, 3, 3, 2});
  EXPECT_TRUE(identical(output_of({"ArgMax"}, {x}), integers({1})));
  EXPECT_TRUE(identical(output_of({"ArgMax", 13, {{"select_last_index", int64_t{1}}}}, {x}), integers({2})));
  const std::vector<at::Tensor> top = outputs_of({"TopK", 11, {}, 2}, {x, integers({3})});
  EXPECT_TRUE(identical(top[0], floats({3, 3, 2})));
  EXPECT_TRUE(identical(top[1], integers({1, 2, 3})));
  const at::Tensor least = integers({std::numeric_limits<int64_t>::min(), 5});
  EXPECT_TRUE(identical(output_of({"ArgMin"}, {least}), integers({0})));
  EXPECT_TRUE(identical(output_of({"ArgMax"}, {least}), integers({1})));
}

TEST(Selection, UniqueCountsWhatItFinds) {
  const std::vector<at::Tensor> found =
      outputs_of({"Unique", 11, {{"sorted", int64_t{0}}}, 4}, {integers({7, 3, 7, 9, 3, 7})});
  EXPECT_TRUE(identical(found[0], integers({7, 3, 9})));
  EXPECT_TRUE(identical(found[1], integers({0, 1, 3})));
  EXPECT_TRUE(identical(found[2], integers({0, 1, 0, 2, 1, 0})));
  EXPECT_TRUE(identical(found[3], integers({3, 2, 1})));
}

TEST(Scatter, CombinesUpdatesThatMeet) {
  const at::Tensor x = floats({1, 2, 3});
  const auto scattered = [&](const char* reduction) {
    return output_of({"ScatterElements", 18, {{"reduction", reduction}}},
                     {x, integers({1, 1, -1}), floats({4, 5, 0.5})});
  };
  EXPECT_TRUE(identical(scattered("add"), floats({1, 11, 3.5})));
  EXPECT_TRUE(identical(scattered("mul"), floats({1, 40, 1.5})));
  EXPECT_TRUE(identical(scattered("max"), floats({1, 5, 3})));
  EXPECT_TRUE(identical(scattered("min"), floats({1, 2, 0.5})));
}

TEST(BitShift, ByAllBitsLeavesNothing) {
  const at::Tensor x = integers({255, 255}).to(at::kByte), by = integers({8, 1}).to(at::kByte);
  EXPECT_TRUE(identical(output_of({"BitShift", 11, {{"direction", "RIGHT"}}}, {x, by}),
                        integers({0, 127}).to(at::kByte)));
  EXPECT_TRUE(identical(output_of({"BitShift", 11, {{"direction", "LEFT"}}}, {x, by}),
                        integers({0, 254}).to(at::kByte)));
}

TEST(Mod, HasTheSignOfTheDivisorOrOfTheDividend) {
  const at::Tensor a = integers({-4, 7, std::numeric_limits<int64_t>::min()}), b = integers({3, -3, -1});
  EXPECT_TRUE(identical(output_of({"Mod"}, {a, b}), integers({2, -2, 0})));
  EXPECT_TRUE(identical(output_of({"Mod", 13, {{"fmod", int64_t{1}}}}, {a, b}), integers({-1, 1, 0})));
}

}  // namespace
}  // namespace shatterproof::operator_movement_test
