// SPDX-License-Identifier: Apache-2.0
// What the notes of a looks-linear network say, against what the network is.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "shatterproof/network/builder.h"
#include "tests/initializer/linear_network.h"

namespace shatterproof::linearity_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Between an image of [4, 6, 6], rectified with its negative unless said, and a linear readout.
struct Passage {
  const char* name;
  bool split;  ///< whether it is entered by (rho(z), rho(-z)), z the image, or by z
  /// Adds nodes to `x`; the last one is named "out".
  std::function<void(NetworkBuilder& b, const std::string& x)> add;
  int64_t numbers;       ///< per example that come out
  const char* obstacle;  ///< the note, or empty: linear
};

void PrintTo(const Passage& passage, std::ostream* stream) {
  *stream << passage.name;
}

using Axes = std::vector<int64_t>;

std::string weight(NetworkBuilder& b, const std::string& name, std::vector<int64_t> sizes, bool trainable) {
  return b.parameter(name, at::full(sizes, 0.5), trainable);
}

std::string convolution(NetworkBuilder& b, const std::string& x, const std::string& name, int64_t channels_in,
                        int64_t channels_out) {
  return b.convolution(x, {name, channels_in, channels_out, 1, 1, 0, false, ""});
}

constexpr int64_t kImage = 4 * 6 * 6, kBoth = 2 * kImage;
constexpr const char* kMixed = "not linear, mixing the halves (rho(z), rho(-z)) at: out";

const Passage kPassages[] = {
    {"Scaled", true, [](auto& b, auto& x) { b.scale(x, "out", -3); }, kBoth, ""},
    {"Negated", true, [](auto& b, auto& x) { b.node("Neg", "out", {x}); }, kBoth, ""},
    {"Shifted", true, [](auto& b, auto& x) { b.add(x, b.constant("c", 2), "out"); }, kBoth, ""},
    {"AddedToItself", true, [](auto& b, auto& x) { b.add(x, x, "out"); }, kBoth, ""},
    {"ScaledByUnit", true,
     [](auto& b, auto& x) {
       b.node("Mul", "out", {x, b.parameter("m", at::arange(1, 9, at::kFloat).view({8, 1, 1}), false)});
     },
     kBoth, kMixed},
    {"Transposed", true,
     [](auto& b, auto& x) {
       b.node("Transpose", "out", {x}, {{"perm", Axes{0, 2, 3, 1}}});
     },
     kBoth, kMixed},
    {"Padded", true,
     [](auto& b, auto& x) {
       const std::string pads = b.parameter("pads", at::tensor(Axes{0, 0, 1, 1, 0, 0, 1, 1}), false);
       b.node("Pad", "out", {x, pads, b.constant("zero", 0)});
     },
     8 * 8 * 8, ""},
    {"AveragedOverPositions", true,
     [](auto& b, auto& x) {
       b.node("ReduceMean", "out", {x}, {{"axes", Axes{2, 3}}});
     },
     8, ""},
    {"AveragedOverChannels", true,
     [](auto& b, auto& x) {
       b.node("ReduceMean", "out", {x}, {{"axes", Axes{1}}});
     },
     36, kMixed},
    {"AveragePooled", true,
     [](auto& b, auto& x) {
       b.node("AveragePool", "out", {x}, {{"kernel_shape", Axes{2, 2}}});
     },
     8 * 25, ""},
    {"JoinedWithMore", true,
     [](auto& b, auto& x) {
       b.node("Concat", "out", {x, "image"}, {{"axis", int64_t{1}}});
     },
     3 * kImage, kMixed},
    {"AddedToALinearMap", true,
     [](auto& b, auto& x) { b.add(x, convolution(b, "image", "more", 4, 8), "out"); }, kBoth, kMixed},
    {"RectifiedAgain", true, [](auto& b, auto& x) { b.activation(x, "out", "leaky_relu"); }, kBoth,
     "not linear, rectifying what is not mirrored at: out"},
    {"ReadByAFixedWeight", true,
     [](auto& b, auto& x) {
       b.node("Conv", "out", {x, weight(b, "w", {4, 8, 1, 1}, false)});
     },
     kImage, "not linear, reading (rho(z), rho(-z)) with a weight that is kept at: out"},
    {"ScaledByUnitAfterALayer", false,
     [](auto& b, auto& x) {
       b.node("Mul", "out", {x, weight(b, "m", {4, 1, 1}, false)});
     },
     kImage, ""},
    {"MaximaWithZeroTaken", false,
     [](auto& b, auto& x) {
       b.node("Max", "out", {x, b.constant("zero", 0)});
     },
     kImage, "not linear, rectifying what is not mirrored at: out"},
    {"ReadByATransposedConvolution", true,
     [](auto& b, auto& x) {
       b.node("ConvTranspose", "out", {x, weight(b, "w", {8, 6, 2, 2}, true)});
     },
     6 * 49, ""},
    {"RectifiedBetweenTransposedConvolutions", false,
     [](auto& b, auto& x) {
       const std::string first = b.node("ConvTranspose", "first", {x, weight(b, "v", {4, 6, 1, 1}, true)});
       const std::string h = b.activation(first, "rho", "relu");
       b.node("ConvTranspose", "out", {h, weight(b, "w", {6, 4, 1, 1}, true)});
     },
     kImage, ""},
    {"MaximaOfPositionsTaken", false, [](auto& b, auto& x) { b.node("GlobalMaxPool", "out", {x}); }, 4,
     "not linear, taking maxima at: out"},
    {"NormsTaken", false,
     [](auto& b, auto& x) {
       b.node("ReduceL2", "out", {x}, {{"axes", Axes{2, 3}}});
     },
     4, "not linear, having a nonlinearity that no mirror undoes at: out"},
    {"MultipliedByItself", false,
     [](auto& b, auto& x) {
       b.node("Mul", "out", {x, x});
     },
     kImage, "not linear, multiplying activations at: out"},
    {"ReadByAFixedWeightUnrectified", false,
     [](auto& b, auto& x) {
       b.node("Conv", "out", {x, weight(b, "w", {2, 4, 1, 1}, false)});
     },
     72, ""},
    {"Curved", false, [](auto& b, auto& x) { b.node("Sigmoid", "out", {x}); }, kImage,
     "not linear, having a nonlinearity that no mirror undoes at: out"},
    {"RectifiedBetweenLayers", false,
     [](auto& b, auto& x) { b.activation(convolution(b, x, "first", 4, 6), "out", "relu"); }, 6 * 36, ""},
    {"RectifiedWithAFixedSlope", false,
     [](auto& b, auto& x) {
       const std::string slope = b.parameter("slope", at::full({1}, .25), false);
       b.node("PRelu", "out", {convolution(b, x, "first", 4, 6), slope});
     },
     6 * 36, ""},
    {"RectifiedAfterAShift", false,
     [](auto& b, auto& x) {
       const std::string h = convolution(b, convolution(b, x, "first", 4, 6), "second", 6, 6);
       const std::string moved = b.add(b.scale(h, "twice", 2), b.constant("c", 2), "moved");
       b.activation(moved, "out", "relu");
     },
     6 * 36, "not linear, rectifying what is not mirrored at: out"},
    {"SharedByLayersThatReadDifferently", false,
     [](auto& b, auto& x) {
       const std::string w = weight(b, "w", {4, 4, 1, 1}, true);
       const std::string first = b.activation(b.node("Conv", "first", {x, w}), "rho", "relu");
       b.node("Conv", "out", {first, w});
     },
     kImage, "not linear, sharing a weight among layers that read differently at: out"},
    {"SubtractedFromAnother", false,
     [](auto& b, auto& x) {
       b.node("Sub", "out", {convolution(b, x, "first", 4, 4), x});
     },
     kImage, ""},
};

class LinearityOf : public ::testing::TestWithParam<Passage> {};

TEST_P(LinearityOf, IsWhatTheNotesSay) {
  const Passage& passage = GetParam();
  NetworkBuilder builder("passage");
  std::string x = builder.input("image", {4, 6, 6});
  if (passage.split) x = builder.activation(x, "crelu", "relu", true);
  passage.add(builder, x);
  const std::string flat = builder.node("Flatten", "flat", {"out"});
  builder.output(builder.linear(flat, {"readout", passage.numbers, 3, false, "", ""}));
  const Initialization drawn = initialize(builder.build(), "looks_linear", 1);
  const double nonlinearity = nonlinearity_of(drawn.network, at::kDouble, true);
  if (*passage.obstacle == '\0') {
    EXPECT_THAT(obstacles_of(drawn), IsEmpty());
    EXPECT_LE(nonlinearity, rounding_of(at::kDouble));
  } else {
    EXPECT_THAT(obstacles_of(drawn), ElementsAre(passage.obstacle));
    EXPECT_GT(nonlinearity, 1e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(Passages, LinearityOf, ::testing::ValuesIn(kPassages),
                         [](const auto& info) { return std::string(info.param.name); });

// Five tokens of six numbers, as dense layers on [batch, tokens, units] see them.
struct TokenPassage {
  const char* name;
  std::function<void(NetworkBuilder& b, const std::string& x)> add;
  int64_t units;
  const char* obstacle;
};

std::string matrix(NetworkBuilder& b, const std::string& x, const std::string& name, int64_t fan_in,
                   int64_t fan_out) {
  return b.node("MatMul", name, {x, weight(b, name + ".weight", {fan_in, fan_out}, true)});
}

const TokenPassage kTokenPassages[] = {
    {"RectifiedBetweenMatrices",
     [](auto& b, auto& x) {
       matrix(b, b.activation(matrix(b, x, "first", 6, 8), "rho", "relu"), "out", 8, 4);
     },
     4, ""},
    {"FlattenedHalves", [](auto& b, auto& x) { b.activation(matrix(b, x, "first", 6, 8), "out", "relu"); }, 8,
     "not linear, mixing the halves (rho(z), rho(-z)) at: flat"},
    {"JoinedAlongTokens",
     [](auto& b, auto& x) {
       matrix(b, b.activation(matrix(b, x, "first", 6, 8), "crelu", "relu", true), "out", 8, 2);
     },
     4, "not linear, mixing the halves (rho(z), rho(-z)) at: crelu"},
    {"CentredOverUnits",
     [](auto& b, auto& x) {
       const std::string h = b.activation(matrix(b, x, "first", 6, 8), "rho", "relu");
       b.node("ReduceMean", "out", {h}, {{"axes", Axes{2}}});
     },
     1, "not linear, mixing the halves (rho(z), rho(-z)) at: out"},
};

TEST(Linearity, OfTokensIsAlongTheirUnits) {
  for (const TokenPassage& passage : kTokenPassages) {
    SCOPED_TRACE(passage.name);
    NetworkBuilder builder("tokens");
    passage.add(builder, builder.input("tokens", {5, 6}));
    const std::string flat = builder.node("Flatten", "flat", {"out"});
    builder.output(builder.linear(flat, {"readout", 5 * passage.units, 3, false, "", ""}));
    const Initialization drawn = initialize(builder.build(), "looks_linear", 1);
    const double nonlinearity = nonlinearity_of(drawn.network, at::kDouble);
    if (*passage.obstacle == '\0') {
      EXPECT_THAT(obstacles_of(drawn), IsEmpty());
      EXPECT_LE(nonlinearity, rounding_of(at::kDouble));
    } else {
      EXPECT_THAT(obstacles_of(drawn), ElementsAre(passage.obstacle));
      EXPECT_GT(nonlinearity, 1e-3);
    }
  }
}

}  // namespace
}  // namespace shatterproof::linearity_test
