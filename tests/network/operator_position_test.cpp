// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "gradient_samples.h"

namespace shatterproof::operator_position_test {
namespace {

using Ints = std::vector<int64_t>;

constexpr double kRounding = 1e-12;  // float64, sums of a few products

void expect_near(const at::Tensor& found, const at::Tensor& expected) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  EXPECT_LT((found - expected).abs().max().item<double>(), kRounding);
}

at::Tensor resized(const char* mode, const char* coordinates, const at::Tensor& x, const Ints& sizes) {
  return output_of({"Resize", 17, {{"mode", mode}, {"coordinate_transformation_mode", coordinates}}},
                   {x, at::Tensor(), at::Tensor(), integers(sizes)});
}

TEST(Resize, IsThatOfTheTensorLibrary) {
  const at::Tensor x = spread({2, 3, 5, 4});
  for (const Ints& size : {Ints{10, 8}, {3, 7}, {1, 2}, {5, 4}}) {
    const Ints sizes = {2, 3, size[0], size[1]};
    // ATen keeps the half pixel where an axis shrinks to one position; elsewhere the two modes agree.
    if (size[0] > 1) {
      expect_near(resized("linear", "half_pixel", x, sizes), at::upsample_bilinear2d(x, size, false));
      expect_near(resized("cubic", "half_pixel", x, sizes), at::upsample_bicubic2d(x, size, false));
    }
    expect_near(resized("linear", "align_corners", x, sizes), at::upsample_bilinear2d(x, size, true));
    expect_near(resized("cubic", "align_corners", x, sizes), at::upsample_bicubic2d(x, size, true));
  }
  const at::Tensor nearest =
      output_of({"Resize", 17, {{"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}}},
                {x, at::Tensor(), at::Tensor(), integers({2, 3, 7, 9})});
  expect_near(nearest, at::upsample_nearest2d(x, {7, 9}));
}

TEST(Resize, RoundsTheSizeThatAScaleMakesAsItsTypeDoes) {
  // The float nearest 0.7 lies below it: in double 10 of it are 6.99999988, in float32 they are 7.
  const at::Tensor x = spread({1, 1, 10});
  EXPECT_EQ(output_of({"Resize"}, {x, at::Tensor(), floats({1, 1, 0.7})}).size(2), 7);
  EXPECT_EQ(output_of({"Upsample", 9}, {x, floats({1, 1, 1.55})}).size(2), 15);
}

TEST(Resize, KeepsTheAspectRatioWhereAsked) {
  const at::Tensor x = spread({1, 1, 4, 8});
  const auto sizes = [&](const char* policy) {
    return output_of({"Resize", 18, {{"axes", Ints{2, 3}}, {"keep_aspect_ratio_policy", policy}}},
                     {x, at::Tensor(), at::Tensor(), integers({6, 6})})
        .sizes()
        .vec();
  };
  EXPECT_EQ(sizes("stretch"), (Ints{1, 1, 6, 6}));
  EXPECT_EQ(sizes("not_larger"), (Ints{1, 1, 3, 6}));
  EXPECT_EQ(sizes("not_smaller"), (Ints{1, 1, 6, 12}));
}

TEST(Resize, SaysWhatItDoesNotDo) {
  const at::Tensor x = spread({1, 1, 4});
  EXPECT_EQ(refusal_of({"Resize", 18, {{"mode", "linear"}, {"antialias", int64_t{1}}}},
                       {x, at::Tensor(), floats({1, 1, 2})}),
            "Resize 'node_1': antialias is not supported; got antialias = 1");
  EXPECT_EQ(refusal_of({"Resize"}, {x}), "Resize 'node_1': has 3 scales or sizes; got 0 and 0");
  EXPECT_NE(refusal_of({"Resize"}, {x, at::Tensor(), floats({1, 1, -2})}), "");
  EXPECT_NE(refusal_of({"Resize"}, {x, at::Tensor(), floats({1, 1, 1e30})}), "");
  EXPECT_NE(refusal_of({"Resize"}, {x, at::Tensor(), at::Tensor(), integers({1 << 20, 1 << 20, 4})}), "");
}

TEST(ConvTranspose, IsThatOfTheTensorLibrary) {
  const at::Tensor x = spread({2, 4, 5, 4}), weight = spread({4, 3, 3, 2}, "w"), bias = spread({6}, "b");
  const at::Tensor expected =
      at::conv_transpose2d(x, weight, bias, {2, 3}, {1, 0}, /*output_padding=*/{1, 2}, 2, {1, 2});
  const at::Tensor found = output_of({"ConvTranspose",
                                      17,
                                      {{"strides", Ints{2, 3}},
                                       {"pads", Ints{1, 0, 1, 0}},
                                       {"output_padding", Ints{1, 2}},
                                       {"dilations", Ints{1, 2}},
                                       {"group", int64_t{2}}}},
                                     {x, weight, bias});
  expect_near(found, expected);
}

TEST(ConvTranspose, WithUnequalPadsIsTheFullOneCropped) {
  const at::Tensor x = spread({1, 2, 5}), weight = spread({2, 3, 4}, "w"), bias = spread({3}, "b");
  const at::Tensor full = output_of({"ConvTranspose", 17, {{"strides", Ints{2}}}}, {x, weight, bias});
  ASSERT_EQ(full.size(2), 12);
  const auto padded = [&](const char* name, const Ints& values) {
    return output_of({"ConvTranspose", 17, {{"strides", Ints{2}}, {name, values}}}, {x, weight, bias});
  };
  expect_near(padded("pads", {3, 1}), full.narrow(2, 3, 8));
  // 12 positions make 9 by cropping 3, the odd one at the beginning; 14 by adding two of the bias.
  expect_near(padded("output_shape", {9}), full.narrow(2, 2, 9));
  expect_near(padded("output_shape", {14}).narrow(2, 0, 12), full);
  expect_near(padded("output_shape", {14}).narrow(2, 12, 2), bias.reshape({1, 3, 1}).expand({1, 3, 2}));
}

/// One sample of a region: the four nearest positions by the weights of linear interpolation, nothing more
/// than one outside.
std::array<double, 4> neighbours(const at::Tensor& image, double y, double x) {
  const int64_t height = image.size(0), width = image.size(1);
  if (y < -1 || y > static_cast<double>(height) || x < -1 || x > static_cast<double>(width)) return {};
  y = std::clamp(y, 0.0, static_cast<double>(height - 1));
  x = std::clamp(x, 0.0, static_cast<double>(width - 1));
  const auto top = static_cast<int64_t>(y), left = static_cast<int64_t>(x);
  const int64_t bottom = std::min(top + 1, height - 1), right = std::min(left + 1, width - 1);
  const double down = y - static_cast<double>(top), along = x - static_cast<double>(left);
  const auto at = [&](int64_t i, int64_t j) { return image[i][j].item<double>(); };
  return {(1 - down) * (1 - along) * at(top, left), (1 - down) * along * at(top, right),
          down * (1 - along) * at(bottom, left), down * along * at(bottom, right)};
}

TEST(RoiAlign, IsTheMeanOfSamplesTakenOneByOneOrTheLargestOfTheirNeighbours) {
  const at::Tensor image = spread({1, 1, 5, 6});
  const double top = -1.5, left = 1.25, bottom = 3.5, right = 7.75;
  const at::Tensor region = at::tensor({left, top, right, bottom}, at::kDouble).reshape({1, 4});
  constexpr int64_t kHeight = 2, kWidth = 3, kSamples = 2;
  at::Tensor mean = at::zeros({1, 1, kHeight, kWidth}, at::kDouble), most = mean - 1e9;
  for (int64_t i = 0; i < kHeight * kSamples; ++i) {
    for (int64_t j = 0; j < kWidth * kSamples; ++j) {
      const double y = top - 0.5 + (static_cast<double>(i) + 0.5) * (bottom - top) / (kHeight * kSamples);
      const double x = left - 0.5 + (static_cast<double>(j) + 0.5) * (right - left) / (kWidth * kSamples);
      for (const double weighted : neighbours(image[0][0], y, x)) {
        mean[0][0][i / kSamples][j / kSamples] += weighted / (kSamples * kSamples);
        at::Tensor bin = most[0][0][i / kSamples][j / kSamples];
        bin.fill_(std::max(weighted, bin.item<double>()));
      }
    }
  }
  for (const auto& [mode, expected] : {std::pair{"avg", mean}, {"max", most}}) {
    expect_near(output_of({"RoiAlign",
                           16,
                           {{"mode", mode},
                            {"output_height", kHeight},
                            {"output_width", kWidth},
                            {"sampling_ratio", kSamples}}},
                          {image, region, integers({0})}),
                expected);
  }
}

// Cubes of 3 x 2 x 2; in each direction a place halfway between two, where halves go to the even one.
TEST(GridSample, RoundsHalvesToEvenInThreeDimensions) {
  const at::Tensor x = at::arange(12, at::kDouble).reshape({1, 1, 3, 2, 2});
  const at::Tensor grid = at::tensor({0.0, -1.0, -1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.5}, at::kDouble);
  const auto nearest = [&](int64_t aligns_corners) {
    return output_of({"GridSample", 20, {{"mode", "nearest"}, {"align_corners", aligns_corners}}},
                     {x, grid.reshape({1, 1, 1, 3, 3})})
        .flatten();
  };
  for (const int64_t aligns_corners : {0, 1})
    expect_near(nearest(aligns_corners), at::tensor({0.0, 0.0, 8.0}, at::kDouble));
}

TEST(GroupNormalization, IsThatOfTheTensorLibrary) {
  const at::Tensor x = spread({2, 6, 3, 2}), gain = spread({6}, "gain"), bias = spread({6}, "bias");
  const at::Tensor expected = at::group_norm(x, 3, gain, bias, 1e-5);
  expect_near(output_of({"GroupNormalization", 21, {{"num_groups", int64_t{3}}}}, {x, gain, bias}), expected);
  // Operator set 18 has one factor per group.
  const at::Tensor of_group = spread({3}, "group");
  const at::Tensor repeated = at::repeat_interleave(of_group, 2);
  expect_near(output_of({"GroupNormalization", 18, {{"num_groups", int64_t{3}}}}, {x, of_group, of_group}),
              at::group_norm(x, 3, repeated, repeated, 1e-5));
  expect_near(output_of({"InstanceNormalization"}, {x, gain, bias}), at::group_norm(x, 6, gain, bias, 1e-5));
}

}  // namespace
}  // namespace shatterproof::operator_position_test
