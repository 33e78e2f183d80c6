// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/operator.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "operator_call.h"

namespace shatterproof::operator_test {
namespace {

using Ints = std::vector<int64_t>;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int64_t kHuge = int64_t{1} << 40;

TEST(OperatorTable, IsSortedAndHasNoDoubles) {
  const auto table = operators();
  EXPECT_TRUE(std::is_sorted(table.begin(), table.end(), [](auto& a, auto& b) { return a.name < b.name; }));
  for (size_t i = 1; i < table.size(); ++i) EXPECT_NE(table[i - 1].name, table[i].name);
  for (const Operator& op : table) {
    EXPECT_EQ(find_operator(op.name), &op);
    EXPECT_LE(op.min_inputs, op.max_inputs) << op.name;
  }
}

TEST(OperatorTable, NamesTheNodeAndTheKnownOnesWhenAnOperatorIsUnknown) {
  EXPECT_EQ(find_operator("Convolve"), nullptr);
  EXPECT_THAT(refusal_of({"Tanhh"}, {floats({1})}),
              AllOf(HasSubstr("node_1"), HasSubstr("'Tanhh'"), HasSubstr("near: Tanh"),
                    HasSubstr("operator set 17")));
}

TEST(Evaluate, RefusesAWrongNumberOfInputsOrOutputs) {
  EXPECT_EQ(refusal_of({"Relu"}, {}), "Relu 'node_1': takes 1 inputs; got 0");
  EXPECT_EQ(refusal_of({"Add"}, {floats({1})}), "Add 'node_1': takes 2 inputs; got 1");
  EXPECT_EQ(refusal_of({"Gemm"}, {}), "Gemm 'node_1': takes 2 to 3 inputs; got 0");
  EXPECT_EQ(refusal_of({"Concat"}, {}), "Concat 'node_1': takes at least 1 inputs; got 0");
  EXPECT_EQ(refusal_of({"Relu", 17, {}, 2}, {floats({1})}), "Relu 'node_1': has 1 outputs; got 2");
  EXPECT_EQ(refusal_of({"Add"}, {floats({1}), at::Tensor()}), "Add 'node_1': needs input 1; got none");
}

TEST(Evaluate, TurnsErrorsOfTheTensorLibraryIntoOneLine) {
  const std::string refusal = refusal_of({"Add"}, {floats({1, 2}), floats({1, 2, 3})});
  EXPECT_THAT(refusal, AllOf(StartsWith("Add 'node_1': The size of tensor a (2)"), Not(HasSubstr("\n"))));
  EXPECT_THAT(refusal_of({"Transpose", 17, {{"perm", Ints{0, 0}}}}, {floats({1, 2}, {1, 2})}),
              StartsWith("Transpose 'node_1': "));
  EXPECT_THAT(refusal_of({"Reshape"}, {floats({1, 2}), integers({3})}), StartsWith("Reshape 'node_1': "));
  EXPECT_THAT(refusal_of({"MatMul"}, {floats({1, 2}), floats({1, 2, 3})}), StartsWith("MatMul 'node_1': "));
}

TEST(Evaluate, RefusesAttributesOfAnotherType) {
  EXPECT_EQ(refusal_of({"LeakyRelu", 17, {{"alpha", "x"}}}, {floats({1})}),
            "LeakyRelu 'node_1': attribute 'alpha' is a number; got a text");
  EXPECT_EQ(refusal_of({"Flatten", 17, {{"axis", 1.0}}}, {floats({1})}),
            "Flatten 'node_1': attribute 'axis' is an integer; got a number");
}

TEST(Evaluate, GivesOutputsOfTheirOwn) {
  // A hook on the output must not see what flows to other readers of the input.
  const at::Tensor x = floats({1, 2});
  for (const char* op : {"Identity", "Dropout", "Sum", "Max", "Clip"}) {
    const at::Tensor y = output_of({op}, {x});
    EXPECT_FALSE(y.is_same(x)) << op;
    EXPECT_TRUE(identical(y, x)) << op;
  }
}

TEST(Evaluate, LeavesItsInputsAlone) {
  const at::Tensor x = floats({-1, 2, -3, 4}, {2, 2}), before = x.clone();
  for (const Operator& op : operators()) {
    if (op.min_inputs <= 1) refusal_of({std::string(op.name), 17}, {x});
    if (op.max_inputs >= 2) refusal_of({std::string(op.name), 17}, {x, x});
  }
  EXPECT_TRUE(identical(x, before));
}

struct Hostile {
  NodeText text;
  std::vector<at::Tensor> inputs;
};

TEST(Evaluate, RefusesHostileSizesBeforeAllocating) {
  const at::Tensor x = floats({1, 2, 3, 4}, {1, 1, 2, 2});
  const at::Tensor row = at::zeros({1, 1 << 17}), column = at::zeros({1 << 17, 1});
  const int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  const std::vector<Hostile> calls = {
      {{"Tile"}, {x, integers({1, 1, kHuge, 1})}},
      {{"Tile"}, {x, integers({kHuge, kHuge, kHuge, kHuge})}},
      {{"Tile"}, {x, integers({1, 1, -1, 1})}},
      {{"Tile"}, {at::zeros({1}, at::kByte).expand({int64_t{1} << 32}), integers({int64_t{1} << 32})}},
      {{"Expand"}, {x, integers({kHuge, 1, 1, 2, 2})}},
      {{"Expand"}, {x, integers({most, most, 1, 2, 2})}},
      {{"ConstantOfShape"}, {integers({kHuge})}},
      {{"ConstantOfShape"}, {integers({1 << 20, 1 << 20})}},
      {{"ConstantOfShape"}, {integers({-1})}},
      {{"ConstantOfShape"}, {at::ones({100}, at::kLong)}},
      {{"Pad"}, {x, integers({0, 0, 0, kHuge, 0, 0, 0, 0})}},
      {{"Pad"}, {x, integers({0, 0, 0, 1 << 30, 0, 0, 1 << 30, 0})}},
      {{"Pad"}, {x, integers({0, 0, 0, most, 0, 0, 0, most})}},
      {{"Pad"}, {x, integers({0, 0, 0, -3, 0, 0, 0, 0})}},
      {{"Pad", 17, {{"mode", "edge"}}}, {x, integers({0, 0, 0, kHuge, 0, 0, 0, 0})}},
      {{"Reshape"}, {x, integers({kHuge, kHuge, 0})}},
      {{"Reshape", 14, {{"allowzero", int64_t{1}}}}, {at::zeros({0}), integers({0, kHuge, kHuge})}},
      {{"Reshape"}, {x, integers({-2, -2})}},
      {{"Unsqueeze"}, {x, at::arange(100)}},
      {{"Add"}, {row, column}},
      {{"MatMul"}, {column, row}},
      {{"Gemm"}, {column, row}},
      {{"Gather"}, {row, at::zeros({1 << 17}, at::kLong)}},
      {{"Conv", 17, {{"pads", Ints{1 << 20, 1 << 20, 1 << 20, 1 << 20}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Conv", 17, {{"pads", Ints{1 << 20, 1 << 20, 1 << 20, 0}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Conv", 17, {{"pads", Ints{most, most, most, most}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Conv", 17, {{"strides", Ints{0, 0}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Conv", 17, {{"group", int64_t{0}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Conv", 17, {{"dilations", Ints{least, 1}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"MaxPool", 17, {{"kernel_shape", Ints{1, 1}}, {"pads", Ints{1 << 20, 1 << 20, 1 << 20, 1 << 20}}}},
       {x}},
      {{"MaxPool", 17, {{"kernel_shape", Ints{0, 1}}}}, {x}},
      {{"MaxPool", 17, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{0, 1}}}}, {x}},
      {{"AveragePool", 17, {{"kernel_shape", Ints{kHuge, 1}}}}, {x}},
      {{"AveragePool", 17, {{"kernel_shape", Ints{3, 3}}}}, {x}},
      {{"LRN", 17, {{"size", int64_t{0}}}}, {x}},
      {{"Split", 18, {{"num_outputs", kHuge}}}, {x}},
      {{"Split", 13, {}, 2}, {x, integers({-1, 2})}},
      {{"Slice"}, {x, integers({0}), integers({1}), integers({7})}},
      {{"Slice"}, {x, integers({0}), integers({1}), integers({0}), integers({0})}},
      {{"Slice"}, {x, integers({0}), integers({1, 2})}},
      {{"Gather"}, {x, integers({1})}},
      {{"Gather"}, {x, floats({0})}},
      {{"Transpose", 17, {{"perm", Ints{0, 1, 2, most}}}}, {x}},
      {{"Squeeze"}, {x, integers({2})}},
      {{"Squeeze"}, {x, integers({0, -4})}},
      {{"Cast", 17, {{"to", int64_t{8}}}}, {x}},
      {{"Div"}, {integers({1}), integers({0})}},
      {{"Mod"}, {integers({1}), integers({0})}},
      {{"Less"}, {row, column}},
      {{"Range"}, {integers({0}), integers({kHuge}), integers({1})}},
      {{"Range"}, {integers({0}), integers({1}), integers({0})}},
      {{"OneHot"}, {integers({0}), integers({kHuge}), floats({0, 1})}},
      {{"Resize"}, {x, at::Tensor(), floats({1, 1, 1e9, 1e9})}},
      {{"Upsample", 9}, {x, floats({1, 1, 1e5, 1e5})}},
      {{"ConvTranspose", 17, {{"strides", Ints{1 << 20, 1 << 20}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"ConvTranspose", 17, {{"output_shape", Ints{1 << 20, 1 << 20}}}}, {x, at::ones({1, 1, 1, 1})}},
      {{"Einsum", 17, {{"equation", "ij,kl->ijkl"}}}, {row, row}},
      {{"Einsum", 17, {{"equation", "ai,bj,ic,jc->c"}}}, {row, row, column, column}},
      {{"Einsum", 17, {{"equation", "ij"}}}, {x}},
      {{"Einsum", 17, {{"equation", "ij,jk->ik"}}}, {x}},
      {{"DepthToSpace", 17, {{"blocksize", kHuge}}}, {x}},
      {{"TopK"}, {x, integers({kHuge})}},
      {{"TopK"}, {x, integers({-1})}},
      {{"GatherND"}, {x, integers({0, 0, 0, 0, 0}).reshape({1, 5})}},
      {{"GatherND"}, {x, integers({kHuge})}},
      {{"GatherElements"}, {x, at::full({1, 1, 1, 1}, kHuge, at::kLong)}},
      {{"ScatterND"}, {x, integers({7}), at::zeros({1, 2, 2})}},
      {{"MaxUnpool", 17, {{"kernel_shape", Ints{1 << 20, 1 << 20}}}},
       {x, at::zeros({1, 1, 2, 2}, at::kLong)}},
      {{"RoiAlign", 16, {{"output_height", int64_t{1} << 20}, {"output_width", int64_t{1} << 20}}},
       {x, floats({0, 0, 1, 1}, {1, 4}), integers({0})}},
      {{"RoiAlign", 16}, {x, floats({0, 0, 1e30, 1}, {1, 4}), integers({0})}},
      {{"GridSample"}, {x, at::zeros({1, 1, 2, 3})}},
      {{"GroupNormalization", 18, {{"num_groups", int64_t{0}}}}, {x, floats({1}), floats({0})}},
      {{"ReverseSequence"}, {x, integers({5})}},
      {{"NegativeLogLikelihoodLoss"}, {floats({0, 0}, {1, 2}), integers({2})}},
      {{"LSTM"}, {at::zeros({1, 1, 1}), at::zeros({1, 4, 1}), at::zeros({1, 4, 2})}},
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_THAT(refusal_of(calls[i].text, calls[i].inputs), StartsWith(calls[i].text.op + " 'node_1': "))
        << i;
  }
}

TEST(Evaluate, SurvivesExtremeBoundsOfSlices) {
  const int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  const at::Tensor x = floats({0, 1, 2, 3, 4});
  const auto sliced = [&](int64_t start, int64_t end, int64_t step) {
    return output_of({"Slice"}, {x, integers({start}), integers({end}), integers({0}), integers({step})});
  };
  EXPECT_TRUE(identical(sliced(0, most, most), floats({0})));
  EXPECT_TRUE(identical(sliced(most, least, -1), floats({4, 3, 2, 1, 0})));
  EXPECT_TRUE(identical(sliced(most, least, least), floats({4})));
  EXPECT_TRUE(identical(sliced(least, most, 2), floats({0, 2, 4})));
  EXPECT_EQ(sliced(most, most, 1).numel(), 0);
  EXPECT_EQ(sliced(0, most, -1).numel(), 0);
}

TEST(Evaluate, TakesEmptyBatches) {
  // Of matrices, images and other inputs than a list of numbers.
  const std::set<std::string_view> others = {"BitwiseNot", "DepthToSpace", "Det",  "Einsum", "EyeLike", "Not",
                                             "Resize",     "SpaceToDepth", "TopK", "Unique"};
  for (const Operator& op : operators()) {
    if (op.min_inputs > 1 || op.max_inputs < 1 || op.name == "ConstantOfShape" || others.contains(op.name))
      continue;
    NodeText text{std::string(op.name), 12};
    if (op.role == OperatorRole::pooling) continue;  // a mean or maximum of nothing
    text.attributes = {{"axis", int64_t{1}},
                       {"axes", Ints{2}},
                       {"size", int64_t{2}},
                       {"to", int64_t{1}},
                       {"pads", Ints(6, 0)}};
    std::vector<at::Tensor> inputs = {at::zeros({0, 3, 1})};
    if (op.name == "Reshape") inputs.push_back(integers({0, 3}));
    if (op.name == "Pad") inputs.push_back(integers(Ints(6, 0)));
    if (op.name == "Slice") inputs.insert(inputs.end(), {integers({0}), integers({1})});
    EXPECT_EQ(refusal_of(text, inputs), "") << op.name;
  }
}

TEST(Evaluate, DividesTheLeastIntegerByMinusOne) {
  const at::Tensor least = integers({std::numeric_limits<int64_t>::min(), -7, 7});
  EXPECT_TRUE(identical(output_of({"Div"}, {least, integers({-1, 2, -2})}),
                        integers({std::numeric_limits<int64_t>::min(), -3, -3})));
}

}  // namespace
}  // namespace shatterproof::operator_test
