// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/catalog.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/initializer/gaussian.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::catalog_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Changes with every bit of every parameter, and with their order.
uint64_t checksum(const Network& network) {
  uint64_t sum = 0;
  for (const Parameter& parameter : network.parameters()) {
    const at::Tensor value = parameter.value.contiguous();
    const auto* bytes = static_cast<const unsigned char*>(value.data_ptr());
    for (size_t i = 0; i < value.nbytes(); ++i) sum = (sum ^ bytes[i]) * 0x100000001b3U;
  }
  return sum;
}

Network small_network() {
  return build_family("residual:input=5,width=32,depth=3,norm=batch");
}

uint64_t drawn(const std::string& scheme, uint64_t seed) {
  return checksum(initialize(small_network(), scheme, seed).network);
}

class EveryScheme : public ::testing::TestWithParam<InitializerRecord> {};

TEST_P(EveryScheme, IsFullyDescribed) {
  const InitializerRecord& scheme = GetParam();
  EXPECT_FALSE(scheme.sentence.empty());
  EXPECT_FALSE(scheme.formula.empty());
  EXPECT_EQ(find_initializer(scheme.name)->name, scheme.name);
  for (const OptionRecord& option : scheme.options) {
    EXPECT_FALSE(option.meaning.empty());
    EXPECT_EQ(drawn(fmt::format("{}:{}={}", scheme.name, option.name, option.otherwise), 1),
              drawn(scheme.name, 1))
        << option.name;
  }
}

TEST_P(EveryScheme, IsAFunctionOfTheSeed) {
  EXPECT_EQ(drawn(GetParam().name, 7), drawn(GetParam().name, 7));
  // What the family prescribes (readout, projection) changes in any case.
  EXPECT_NE(drawn(GetParam().name, 7), drawn(GetParam().name, 8));
}

TEST_P(EveryScheme, DoesNotDependOnTheNumberOfThreads) {
  const Network network = build_family("feedforward:input=300,width=300,depth=2");
  std::vector<uint64_t> sums;
  for (const int threads : {1, 2}) {
    use_threads(threads);
    sums.push_back(checksum(initialize(network, GetParam().name, 3).network));
  }
  std::vector<uint64_t> parallel(4);
  run_in_parallel(4, 2, [&](int64_t i) {
    parallel[static_cast<size_t>(i)] = checksum(initialize(network, GetParam().name, 3).network);
  });
  sums.insert(sums.end(), parallel.begin(), parallel.end());
  EXPECT_THAT(sums, ::testing::Each(sums[0]));
}

TEST_P(EveryScheme, AddingALayerChangesNoOtherLayer) {
  const Network shallow =
      initialize(build_family("feedforward:width=20,depth=3"), GetParam().name, 5).network;
  const Network deep = initialize(build_family("feedforward:width=20,depth=4"), GetParam().name, 5).network;
  for (const Parameter& parameter : shallow.parameters()) {
    EXPECT_TRUE(at::equal(parameter.value, deep.find_parameter(parameter.name)->value)) << parameter.name;
  }
}

TEST_P(EveryScheme, AnUnknownOptionIsRefusedWhateverTheNetwork) {
  NetworkBuilder empty("empty");
  empty.output(empty.node("Relu", "relu", {empty.input("x", {3})}));
  const Network network = empty.build();
  EXPECT_THAT([&] { initialize(network, GetParam().name + ":sdt=1", 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("unknown option 'sdt'")));
  EXPECT_NO_THROW(initialize(network, GetParam().name, 1));
}

TEST_P(EveryScheme, DrawsFiniteNumbersOfTheAskedShape) {
  for (const std::vector<int64_t>& sizes :
       std::vector<std::vector<int64_t>>{{1, 1}, {1, 7}, {7, 1}, {5, 5}}) {
    const WeightShape shape{"weight", sizes, 1, 1, sizes[1], sizes[0], true};
    const at::Tensor weight = GetParam().draw(Spec::parse(GetParam().name), shape, RandomStream(1, "w"));
    EXPECT_EQ(weight.sizes(), at::IntArrayRef(sizes));
    EXPECT_EQ(weight.scalar_type(), at::kFloat);
    EXPECT_TRUE(weight.is_contiguous());
    EXPECT_TRUE(weight.isfinite().all().item<bool>());
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog, EveryScheme,
                         ::testing::ValuesIn(initializers().begin(), initializers().end()),
                         [](const auto& info) { return info.param.name; });

TEST(Initialize, BitsAreFixed) {
  // Any change here changes every network that was ever drawn: it belongs under "Numbers that changed".
  EXPECT_EQ(drawn("he", 1), 0x6fa5dbc9e00a6367U) << std::hex << drawn("he", 1);
  EXPECT_EQ(drawn("lecun", 1), 0x40b694872d8a348aU) << std::hex << drawn("lecun", 1);
  EXPECT_EQ(drawn("gaussian:std=0.1", 1), 0x0f2e4d41e694362dU) << std::hex << drawn("gaussian:std=0.1", 1);
  EXPECT_EQ(drawn("orthogonal", 1), 0xd3e0b8548ac5b095U) << std::hex << drawn("orthogonal", 1);
  EXPECT_EQ(drawn("looks_linear", 1), 0x20151e443bc4f21fU) << std::hex << drawn("looks_linear", 1);
}

TEST(Initialize, AConstantIsTheNumber) {
  const Network network = initialize(small_network(), "constant:value=-2.5", 1).network;
  EXPECT_TRUE(network.find_parameter("layer_2.weight")->value.eq(-2.5).all().item<bool>());
}

TEST(Initialize, UnknownAndMalformedSchemesAreRefused) {
  EXPECT_THAT([] { initialize(small_network(), "javier", 1); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("unknown scheme 'javier'"), HasSubstr("he, glorot, lecun, gaussian"))));
  for (const char* scheme :
       {"", "he:1", "gaussian:std=-1", "gaussian:std=x", "gaussian:std=inf", "orthogonal:gain=-1",
        "orthogonal:gain=wide", "zeros:std=1", "he:distribution=cauchy", "truncated_normal:std=-1",
        "kaiming:std=1", "constant:value=nan", "delta_orthogonal:gain=-1", "looks_linear:gain=2"}) {
    EXPECT_THROW(initialize(small_network(), scheme, 1), std::invalid_argument) << scheme;
  }
}

TEST(Initialize, AliasesAreTheSchemesTheyName) {
  EXPECT_EQ(drawn("kaiming", 1), drawn("he", 1));
  EXPECT_EQ(drawn("xavier_uniform", 1), drawn("glorot:distribution=uniform", 1));
  EXPECT_EQ(drawn("normal:std=.3", 1), drawn("gaussian:std=.3", 1));
  for (const InitializerAlias& alias : initializer_aliases()) {
    EXPECT_EQ(drawn(alias.name, 3), drawn(alias.scheme, 3)) << alias.name;
    EXPECT_NE(find_initializer(Spec::parse(alias.scheme).name()), nullptr) << alias.name;
  }
}

TEST(Initialize, PytorchDrawsBiasesWithinTheSameBound) {
  NetworkBuilder builder("one");
  builder.output(builder.linear(builder.input("x", {25}), {"map", 25, 4000, true, "", ""}));
  const Network network = initialize(builder.build(), "pytorch", 1).network;
  for (const char* name : {"map.weight", "map.bias"}) {
    const double largest = network.find_parameter(name)->value.abs().max().item<double>();
    EXPECT_LE(largest, .2) << name << ": 1 / sqrt(25)";
    EXPECT_GT(largest, .199) << name;
  }
}

TEST(Initialize, NothingLiesBeyondTwoStandardDeviations) {
  NetworkBuilder builder("one");
  builder.output(builder.linear(builder.input("x", {100}), {"map", 100, 100, false, "", ""}));
  const at::Tensor weight =
      initialize(builder.build(), "truncated_normal:std=.5", 1).network.find_parameter("map.weight")->value;
  EXPECT_LT(weight.abs().max().item<double>(), 1);
  EXPECT_GT(weight.abs().max().item<double>(), .99);
  constexpr double kSampling = .02;
  EXPECT_NEAR(weight.std().item<double>(), .5 * kTruncatedStd, kSampling);
}

// The variance of n normals scatters with a relative standard deviation of sqrt(2 / n).
void expect_variance(const at::Tensor& weight, double expected) {
  constexpr double kSigmas = 4;
  const auto n = static_cast<double>(weight.numel());
  const at::Tensor w = weight.to(at::kDouble);
  EXPECT_NEAR(w.square().mean().item<double>() / expected, 1, kSigmas * std::sqrt(2 / n));
  EXPECT_NEAR(w.mean().item<double>(), 0, kSigmas * std::sqrt(expected / n));
}

TEST(Initialize, VariancesAreThoseOfTheSchemes) {
  NetworkBuilder builder("both");
  const std::string x = builder.input("x", {8, 10, 10});
  const std::string c = builder.convolution(x, {"conv", 8, 48, 3, 1, 1, true, ""});
  const std::string flat = builder.node("Flatten", "flat", {c});
  builder.output(builder.linear(flat, {"dense", 4800, 20, true, "", ""}));
  const Network network = builder.build();
  const auto check = [&](const std::string& scheme, double dense, double convolution) {
    SCOPED_TRACE(scheme);
    const Network drawn = initialize(network, scheme, 2).network;
    expect_variance(drawn.find_parameter("dense.weight")->value, dense);
    expect_variance(drawn.find_parameter("conv.weight")->value, convolution);
  };
  check("he", 2.0 / 4800, 2.0 / 72);
  check("glorot", 2.0 / 4820, 2.0 / (72 + 48 * 9));
  check("lecun", 1.0 / 4800, 1.0 / 72);
  check("gaussian:std=0.5", .25, .25);
}

}  // namespace
}  // namespace shatterproof::catalog_test
