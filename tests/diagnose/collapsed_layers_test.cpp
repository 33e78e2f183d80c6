// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/diagnose/examinations.h"

namespace shatterproof::collapsed_layers_test {
namespace {

TEST(CollapsedLayers, CollapsedLayersAreNamedAsOneLinearLayer) {
  Draw draw = healthy_draw();
  Reading& curve = reading(draw, "pseudo_linearity");
  curve = curve_reading("pseudo_linearity", "depth", {1, 2, 3, 4}, {.2, .005, .004, .3});
  curve.x_labels = {"a", "b", "c", "d"};
  const Finding finding = diagnose(examination_of({draw}), Thresholds()).findings.at(0);
  EXPECT_EQ(finding.id, "collapsed_domain");
  EXPECT_EQ(finding.layers->first, 2);
  EXPECT_EQ(finding.layers->last, 3);
  EXPECT_THAT(finding.headline, testing::HasSubstr("b to c act as one linear layer"));
  EXPECT_THAT(finding.next, testing::HasSubstr("leave layers out of layers 2 to 3"));
}

TEST(CollapsedLayers, CollapsedLayersAreCountedAsLinearMapsWhereThereAreMoreThanNonlinearities) {
  NetworkBuilder builder("pairs");
  std::string x = builder.input("x", {8});
  for (const std::string block : {"a", "b", "c", "d"}) {
    x = builder.linear(x, {.name = block + "_in", .fan_in = 8, .fan_out = 8});
    x = builder.linear(x, {.name = block + "_out", .fan_in = 8, .fan_out = 8});
    x = builder.activation(x, block, "tanh");
  }
  builder.output(x);
  Draw draw = healthy_draw();
  reading(draw, "pseudo_linearity") =
      curve_reading("pseudo_linearity", "depth", {1, 2, 3, 4}, {.2, .005, .004, .3});
  Examination examination = examination_of({draw});
  examination.structure = structure(builder.build());
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* finding = find(diagnosis, "collapsed_domain");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->layers->first, 3) << "b_in, not depth 2";
  EXPECT_EQ(finding->layers->last, 6) << "c_out, not depth 3";
}

// Three blocks of two layers with a nonlinearity each; with skips each is added to a linear map of what
// enters.
Structure blocks(bool with_skips) {
  NetworkBuilder builder("blocks");
  std::string x = builder.linear(builder.input("x", {8}), {.name = "first", .fan_in = 8, .fan_out = 8});
  for (const std::string block : {"a", "b", "c"}) {
    std::string body = x;
    for (const std::string layer : {"_body_1", "_body_2"}) {
      body = builder.linear(body, {.name = block + layer, .fan_in = 8, .fan_out = 8});
      body = builder.activation(body, block + layer + "_tanh", "tanh");
    }
    const auto shortcut = [&] {
      return builder.linear(x, {.name = block + "_shortcut", .fan_in = 8, .fan_out = 8});
    };
    x = with_skips ? builder.add(body, shortcut(), block + "_sum") : body;
  }
  builder.output(x);
  return structure(builder.build());
}

// What passes by a layer bends as it did: it may be flat, and is neither linear with its neighbours nor idle.
TEST(CollapsedLayers, LayersBesideSkipsAreNotOneLayerAndNotLeftOut) {
  const auto found = [](bool with_skips, const std::vector<double>& bends) {
    Draw draw = healthy_draw();
    Reading& curve = reading(draw, "pseudo_linearity");
    curve = curve_reading("pseudo_linearity", "depth", {1, 2, 3, 4, 5, 6}, bends);
    curve.x_labels = {"a_body_1_tanh", "a_body_2_tanh", "b_body_1_tanh",
                      "b_body_2_tanh", "c_body_1_tanh", "c_body_2_tanh"};
    Examination examination = examination_of({draw});
    examination.activation = "tanh";
    examination.structure = blocks(with_skips);
    const Diagnosis diagnosis = diagnose(examination, Thresholds());
    const Finding* finding = find(diagnosis, "collapsed_domain");
    return finding ? *finding : Finding{};
  };
  ASSERT_EQ(blocks(true).residual_sums.size(), 3U);
  const std::vector<double> in_bodies = {.2, .2, .005, .004, .005, .2},
                            in_one = {.3, .3, .3, .004, .005, .004};
  for (const std::vector<double>& bends : {in_bodies, in_one}) {
    const Finding beside = found(true, bends), plain = found(false, bends);
    ASSERT_EQ(beside.id, "collapsed_domain");
    EXPECT_THAT(beside.headline, testing::HasSubstr("hardly bend"));
    EXPECT_THAT(beside.headline, testing::Not(testing::HasSubstr("one linear layer")));
    EXPECT_THAT(beside.next, testing::Not(testing::HasSubstr("leave layers out")));
    EXPECT_TRUE(beside.layers) << "which they are is said, those of shortcuts counted";
    ASSERT_EQ(plain.id, "collapsed_domain");
    EXPECT_THAT(plain.headline, testing::HasSubstr("act as one linear layer"));
    EXPECT_THAT(plain.next, testing::HasSubstr("leave layers out"));
  }
}

}  // namespace
}  // namespace shatterproof::collapsed_layers_test
