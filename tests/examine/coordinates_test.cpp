// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/coordinates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "examine/grown_network.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/results/reader.h"
#include "tests/matchers.h"

namespace shatterproof::coordinates_test {
namespace {

const char* const kFamily = "feedforward:input=16,output=10";

CoordinateRequest request(Parametrization parametrization, const std::string& family = kFamily) {
  CoordinateRequest asked;
  asked.family = family;
  asked.widths = {64, 128, 256, 512};
  asked.depths = {2, 3, 4};
  asked.parametrization = parametrization;
  asked.steps = 2;
  return asked;
}

TEST(GrownNetwork, KnowsKindsOfLayersByWhatGrows) {
  const GrownNetwork grown = grown_network(kFamily, 32, 3);
  EXPECT_THAT(grown.weights, ::testing::UnorderedElementsAre(::testing::Pair("layer_1.weight", "input"),
                                                             ::testing::Pair("layer_2.weight", "hidden"),
                                                             ::testing::Pair("layer_3.weight", "hidden"),
                                                             ::testing::Pair("readout.weight", "readout")));
}

TEST(MuP, ScalesRatesAndTheReadoutAsPublished) {
  const GrownNetwork grown = grown_network(kFamily, 128, 2);
  const LearningRateFactors factors = mu_p_factors(grown, .25);
  EXPECT_THAT(factors, ::testing::UnorderedElementsAre(::testing::Pair("layer_2.weight", .25),
                                                       ::testing::Pair("readout.weight", .25)));
  const Network drawn = initialize(grown.network, "he", 1).network;
  const Network begun = mu_p_weights(drawn, grown, .25);
  const auto size = [](const Network& network, const char* name) {
    return network.find_parameter(name)->value.norm().item<double>();
  };
  EXPECT_THAT(size(begun, "readout.weight"), IsNear(.5 * size(drawn, "readout.weight"), 1e-6));
  EXPECT_EQ(size(begun, "layer_2.weight"), size(drawn, "layer_2.weight"));
}

// Yang et al. 2022, figure 5: under the standard parametrization what Adam changes grows with the width, in
// hidden layers and most in the readout; under mu-P it stays.
TEST(Coordinates, OfTheStandardParametrizationGrowAndOfMuPTransfer) {
  const Coordinates standard = coordinates(request(Parametrization::standard)),
                    mu_p = coordinates(request(Parametrization::maximal_update));
  for (const char* layers : {"hidden", "readout"}) {
    const CoordinateLine* grows = standard.find("width", 2, layers, true);
    const CoordinateLine* stays = mu_p.find("width", 2, layers, true);
    ASSERT_TRUE(grows && stays) << layers;
    EXPECT_EQ(grows->transfer, Transfer::grows) << layers << " " << grows->slope;
    EXPECT_LT(stays->slope, .2) << layers;
    EXPECT_GT(grows->slope, stays->slope + .75) << layers;
  }
  EXPECT_EQ(mu_p.find("width", 2, "hidden", true)->transfer, Transfer::transfers);
  EXPECT_EQ(standard.find("width", 2, "input", true)->transfer, Transfer::transfers);
}

// Adam's steps do not know by what a weight is multiplied, so that both are the same training.
TEST(Coordinates, OfAFamilyUnderMuPAreThoseThatRatesAndWeightsOfMuPMake) {
  const Coordinates by_rates = coordinates(request(Parametrization::maximal_update));
  const Coordinates written =
      coordinates(request(Parametrization::standard, std::string(kFamily) + ",parametrization=mup"));
  ASSERT_EQ(written.lines.size(), by_rates.lines.size());
  for (size_t i = 0; i < written.lines.size(); ++i) {
    for (size_t k = 0; k < written.lines[i].sizes.size(); ++k)
      EXPECT_THAT(written.lines[i].sizes[k], IsNear(by_rates.lines[i].sizes[k], 2e-3)) << i << " " << k;
  }
}

TEST(Coordinates, CountMuPOnce) {
  const std::string family = std::string(kFamily) + ",parametrization=mup";
  EXPECT_THROW(coordinates(request(Parametrization::maximal_update, family)), std::invalid_argument);
  EXPECT_THAT(coordinates(request(Parametrization::standard, family)).context.note,
              ::testing::HasSubstr("mu-P parametrization"));
}

TEST(Coordinates, OfATransformerUnderMuPTransfer) {
  CoordinateRequest asked =
      request(Parametrization::standard, "transformer_pre_norm:input=16,tokens=8,output=10");
  asked.widths = {64, 128, 256};
  asked.depths = {1, 2, 3};
  asked.seeds = 2;
  const Coordinates standard = coordinates(asked);
  asked.family += ",parametrization=mup";
  const Coordinates written = coordinates(asked);
  for (const char* layers : {"hidden", "readout"}) {
    const CoordinateLine *grows = standard.find("width", 2, layers, true),
                         *stays = written.find("width", 2, layers, true);
    ASSERT_TRUE(grows && stays) << layers;
    EXPECT_EQ(grows->transfer, Transfer::grows) << layers << " " << grows->slope;
    EXPECT_LT(std::abs(stays->slope), .25) << layers;
  }
}

TEST(Coordinates, BeginAsTheInitializerMeansThemTo) {
  const Coordinates standard = coordinates(request(Parametrization::standard));
  EXPECT_EQ(standard.find("width", 0, "hidden", false)->transfer, Transfer::transfers);
  EXPECT_EQ(standard.find("depth", 0, "hidden", false)->transfer, Transfer::transfers);
  // On purpose: 1/sqrt(width).
  const Coordinates mu_p = coordinates(request(Parametrization::maximal_update));
  EXPECT_NEAR(mu_p.find("width", 0, "readout", false)->slope, -.5, .2);
  // A stack whose branches add up grows like the root of its depth.
  const Coordinates sums = coordinates(request(Parametrization::standard, "residual:input=16,output=10"));
  EXPECT_GT(sums.find("depth", 0, "hidden", false)->slope, .25);
}

// Networks of a caller are what a family makes of them.
TEST(Coordinates, OfNetworksAreThoseOfTheirFamily) {
  CoordinateRequest asked = request(Parametrization::maximal_update);
  const Coordinates family = coordinates(asked);
  for (const int64_t width : asked.widths)
    asked.networks.push_back(build_family(std::string(kFamily) + ",depth=3,width=" + std::to_string(width)));
  asked.scheme = "he";
  const Coordinates networks = coordinates(asked);
  EXPECT_EQ(networks.find("depth", 0, "hidden", false), nullptr);
  for (const CoordinateLine& line : networks.lines) {
    const CoordinateLine* same = family.find("width", line.step, line.layers, line.is_change);
    EXPECT_EQ(line.at, same->at);
    EXPECT_EQ(line.sizes, same->sizes) << line.layers;
  }
  asked.networks.resize(2);
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
  asked.networks.push_back(asked.networks[0]);
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
}

TEST(Coordinates, FitsALineByHand) {
  CoordinateRequest asked = request(Parametrization::standard);
  asked.seeds = 1;
  const Coordinates all = coordinates(asked);
  const CoordinateLine* line = all.find("width", 2, "readout", true);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->at, (std::vector<double>{64, 128, 256, 512}));
  // Logarithms to base 2 at -1.5, -.5, .5 and 1.5 of their mean, whose squares make 5.
  double slope = 0;
  for (size_t i = 0; i < 4; ++i) slope += (static_cast<double>(i) - 1.5) * std::log2(line->sizes[i]) / 5;
  EXPECT_THAT(line->slope, IsNear(slope, 1e-9));
}

TEST(Coordinates, WritesACurveAndItsSlopeForEachLine) {
  CoordinateRequest asked = request(Parametrization::standard);
  asked.seeds = 1;
  asked.steps = 1;
  const Coordinates all = coordinates(asked);
  std::ostringstream out;
  ResultsWriter writer(out);
  write(writer, all);
  writer.close();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 * static_cast<int64_t>(all.lines.size()));
  EXPECT_THAT(text, ::testing::HasSubstr("\"coordinate_change_slope\""));
  EXPECT_THAT(text, ::testing::HasSubstr("against depth, step 1"));
}

TEST(Coordinates, OfSizesThatAreZeroHaveNoSlopeForThisReason) {
  CoordinateRequest asked = request(Parametrization::standard);
  for (const int64_t width : asked.widths)  // whose weights are zero
    asked.networks.push_back(build_family(std::string(kFamily) + ",depth=3,width=" + std::to_string(width)));
  asked.seeds = 1;
  const Coordinates all = coordinates(asked);
  const CoordinateLine* line = all.find("width", 1, "hidden", false);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->transfer, Transfer::unclear);
  EXPECT_THAT(line->undefined, ::testing::HasSubstr("a size is zero"));
  std::ostringstream out;
  ResultsWriter writer(out);
  write(writer, all);
  writer.close();
  std::istringstream text(out.str());
  int undefined = 0;
  for (const Reading& reading : read_results(text, "coordinates").readings) {
    if (!reading.name.ends_with("_slope")) continue;
    EXPECT_TRUE(!reading.is_defined() || std::isfinite(reading.value())) << reading.case_name;
    undefined += reading.is_defined() ? 0 : 1;
  }
  EXPECT_GT(undefined, 0);
}

TEST(Coordinates, RefusesWhatItCannotVary) {
  CoordinateRequest asked = request(Parametrization::standard, "feedforward:width=3");
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
  asked.family = "feedforward:input=4,output=3";
  asked.widths = {64, 32, 16};
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
  asked.widths = {16, 16, 32};
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
  asked.widths = {16, 32};
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
  asked.widths = {16, 32, 64};
  asked.rate = 0;
  EXPECT_THROW(coordinates(asked), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::coordinates_test
