// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/preprocessing.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace shatterproof::preprocessing_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kRounding = 1e-6;  // of a few float32 operations on numbers near 1

const at::Tensor kImages = at::arange(2 * 3 * 4 * 4).to(at::kByte).view({2, 3, 4, 4});

TEST(Preprocessed, ScalesThenStandardizesPerChannel) {
  const at::Tensor x = preprocessed(kImages, {255, {.1, .2, .3}, {.5, .25, .125}});
  for (int64_t channel = 0; channel < 3; ++channel) {
    const double mean = std::vector{.1, .2, .3}[static_cast<size_t>(channel)];
    const double std = std::vector{.5, .25, .125}[static_cast<size_t>(channel)];
    const at::Tensor expected = (kImages.select(1, channel).to(at::kDouble) / 255 - mean) / std;
    EXPECT_LE((x.select(1, channel) - expected).abs().max().item<double>(), kRounding);
  }
  EXPECT_EQ(kImages.sum().item<int64_t>(), 96 * 95 / 2) << "the images themselves stay";
}

TEST(Preprocessed, OneNumberServesAllChannelsAndTheLastAxisMayHoldThem) {
  EXPECT_TRUE(at::allclose(preprocessed(kImages, {1, {3}, {2}}), (kImages.to(at::kFloat) - 3) / 2));
  const at::Tensor last = kImages.permute({0, 2, 3, 1});
  EXPECT_TRUE(at::allclose(preprocessed(last, {1, {1, 2, 3}, {}}),
                           preprocessed(kImages, {1, {1, 2, 3}, {}}).permute({0, 2, 3, 1})));
}

TEST(Preprocessed, WhatIsNotANumberPerChannelIsRefused) {
  for (const Preprocessing& wrong : std::vector<Preprocessing>{{0, {}, {}},
                                                               {NAN, {}, {}},
                                                               {1, {1, 2}, {}},
                                                               {1, {NAN}, {}},
                                                               {1, {}, {0}},
                                                               {1, {}, {1, 1, INFINITY}},
                                                               {1, {}, {1, 0, 1}}}) {
    EXPECT_THROW(preprocessed(kImages, wrong), std::invalid_argument);
  }
  EXPECT_THROW(preprocessed(at::rand({3}), {1, {1, 2, 3}, {}}), std::invalid_argument);
}

at::Tensor fitted(std::vector<int64_t> shape, Layout layout = Layout::automatic) {
  return images_for_input(kImages.to(at::kFloat), {"x", std::move(shape), at::kFloat}, layout);
}

TEST(ImagesForInput, FollowTheInputsShape) {
  const at::Tensor images = kImages.to(at::kFloat), last = images.permute({0, 2, 3, 1});
  EXPECT_TRUE(at::equal(fitted({-1, 3, 4, 4}), images));
  EXPECT_TRUE(at::equal(fitted({-1, 3, -1, -1}), images));
  EXPECT_TRUE(at::equal(fitted({-1, 4, 4, 3}), last));
  EXPECT_TRUE(fitted({-1, 4, 4, 3}).is_contiguous());
  EXPECT_TRUE(at::equal(fitted({-1, 48}), images.flatten(1)));
  EXPECT_TRUE(at::equal(fitted({-1, 48}, Layout::nhwc), last.flatten(1)));
  EXPECT_TRUE(at::equal(fitted({-1, 48, 1}), images.flatten(1).unsqueeze(2)));
  EXPECT_TRUE(at::equal(fitted({-1, 1, 48}, Layout::nchw), images.flatten(1).unsqueeze(1)));
}

TEST(ImagesForInput, OfAnotherSizeAreRefusedNamingBothShapes) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {-1, 3, 4, 5}, {-1, 47}, {-1, 4, 3, 4}, {-1, 2, 24}, {-1}, {}, {-1, -1, 24}}) {
    EXPECT_THROW(fitted(shape), std::invalid_argument) << at::IntArrayRef(shape);
  }
  EXPECT_THROW(fitted({-1, 3, 4, 4}, Layout::nhwc), std::invalid_argument);
  EXPECT_THROW(fitted({-1, 4, 4, 3}, Layout::nchw), std::invalid_argument);
  EXPECT_THAT(
      [] {
        fitted({-1, 3, 8, 8});
      },
      ThrowsMessage<std::invalid_argument>(
          AllOf(HasSubstr("input 'x'"), HasSubstr("[3, 8, 8]"), HasSubstr("[2, 3, 4, 4]"))));
}

TEST(FittedToInput, AxesOfOneComeAndGoButNoAxisMoves) {
  const at::Tensor x = at::rand({5, 6, 7});
  EXPECT_EQ(fitted_to_input(x, {"x", {-1, 1, 6, 1, 7}, at::kFloat}).sizes(),
            at::IntArrayRef({5, 1, 6, 1, 7}));
  EXPECT_EQ(fitted_to_input(x, {"x", {-1, 42}, at::kFloat}).sizes(), at::IntArrayRef({5, 42}));
  EXPECT_THROW(fitted_to_input(x, {"x", {-1, 7, 6}, at::kFloat}), std::invalid_argument);
  EXPECT_THROW(fitted_to_input(x, {"x", {-1, 14, 3}, at::kFloat}), std::invalid_argument);
  EXPECT_EQ(fitted_to_input(at::rand({5, 42}), {"x", {-1, 6, 7}, at::kFloat}).sizes(),
            at::IntArrayRef({5, 6, 7}));
}

TEST(FittedToInput, TakesTheDtypeOfTheInput) {
  EXPECT_EQ(fitted_to_input(at::arange(4), {"x", {-1}, at::kFloat}).scalar_type(), at::kFloat);
  EXPECT_EQ(fitted_to_input(at::rand({4}, at::kDouble), {"x", {-1}, at::kFloat}).scalar_type(), at::kFloat);
  EXPECT_EQ(fitted_to_input(at::arange(4).to(at::kInt), {"x", {-1}, at::kLong}).scalar_type(), at::kLong);
  EXPECT_THROW(fitted_to_input(at::rand({4}), {"x", {-1}, at::kLong}), std::invalid_argument);
}

TEST(Layout, IsParsed) {
  EXPECT_EQ(parse_layout("auto"), Layout::automatic);
  EXPECT_EQ(parse_layout("nchw"), Layout::nchw);
  EXPECT_EQ(parse_layout("nhwc"), Layout::nhwc);
  EXPECT_THROW(parse_layout("hwc"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::preprocessing_test
