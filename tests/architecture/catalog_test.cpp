// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/catalog.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::catalog_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Everything of a network but the numbers.
std::string anatomy(const Network& network) {
  std::string text;
  for (const Parameter& p : network.parameters()) {
    text += fmt::format("{} [{}] '{}'\n", p.name, fmt::join(p.value.sizes(), ","), p.prescribed_scheme);
  }
  for (const Node& node : network.nodes()) {
    text += fmt::format("{} {} {}\n", node.name, node.op, fmt::join(node.inputs, " "));
  }
  return text;
}

class EveryFamily : public ::testing::TestWithParam<FamilyRecord> {};

TEST_P(EveryFamily, IsFullyDescribed) {
  const FamilyRecord& family = GetParam();
  for (const std::string& text : {family.name, family.sentence, family.formula, family.reference}) {
    EXPECT_FALSE(text.empty());
  }
  EXPECT_EQ(find_family(family.name)->name, family.name);
  for (const OptionRecord& option : family.options) {
    EXPECT_FALSE(option.otherwise.empty()) << option.name;
    EXPECT_FALSE(option.meaning.empty()) << option.name;
  }
}

TEST_P(EveryFamily, AnOptionAtItsDefaultChangesNothing) {
  const FamilyRecord& family = GetParam();
  const std::string expected = anatomy(build_family(family.name));
  for (const OptionRecord& option : family.options) {
    const std::string spec = fmt::format("{}:{}={}", family.name, option.name, option.otherwise);
    EXPECT_EQ(anatomy(build_family(spec)), expected) << spec;
  }
}

TEST_P(EveryFamily, AnUnknownOptionIsRefusedWithTheKnownOnes) {
  const FamilyRecord& family = GetParam();
  for (const OptionRecord& option : family.options) {
    EXPECT_THAT([&] { build_family(family.name + ":wdth=3"); },
                ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("'wdth'"), HasSubstr(option.name))));
  }
}

TEST_P(EveryFamily, StandsInTheTableOfItsPage) {
  std::ifstream file(SHATTERPROOF_SOURCE "/docs/families.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(page, HasSubstr("\n| `" + GetParam().name + "` |"));
}

bool is_fully_connected(const FamilyRecord& family) {
  return build_family(family.name).inputs()[0].shape.size() == 2;
}

// ",norm=none", ",norm=layer", ...: the norms that the family names, and with it ",crelu=true" where it has
// one.
std::vector<std::string> norms_and_crelu(const FamilyRecord& family) {
  std::vector<std::string> texts;
  bool has_crelu = false;
  for (const OptionRecord& option : family.options) {
    has_crelu = has_crelu || option.name == "crelu";
    if (option.name != "norm") continue;
    for (const char* norm : {"none", "center", "batch", "layer"}) {
      if (option.meaning.find(norm) != option.meaning.npos) texts.push_back(fmt::format(",norm={}", norm));
    }
  }
  const size_t count = texts.size();
  for (size_t i = 0; has_crelu && i < count; ++i) texts.push_back(texts[i] + ",crelu=true");
  return texts;
}

TEST_P(EveryFamily, RunsWithEveryNonlinearityAndNorm) {
  if (!is_fully_connected(GetParam())) return;  // image_family_test.cpp has the others
  for (const char* activation : {"relu", "prelu", "leaky_relu", "tanh", "selu", "gelu", "identity"}) {
    for (const std::string& options : norms_and_crelu(GetParam())) {
      const std::string spec =
          fmt::format("{}:width=16,activation={}{}", GetParam().name, activation, options);
      const Network network = initialize(build_family(spec), "he", 1).network;
      RunOptions run;
      run.batch_norm = BatchStatistics::attached;
      const std::vector<at::Tensor> outputs =
          Execution(network, run).outputs(gaussian_batch(network.inputs(), 8, 1));
      ASSERT_EQ(outputs.size(), 1U) << spec;
      EXPECT_EQ(outputs[0].sizes(), at::IntArrayRef({8, 1})) << spec;
      EXPECT_TRUE(outputs[0].isfinite().all().item<bool>()) << spec;
      EXPECT_GT(outputs[0].abs().max().item<double>(), 0) << spec;
    }
  }
}

TEST_P(EveryFamily, RefusesUnknownWordsAndSizesOutOfRange) {
  for (const char* option : {"activation=rel", "norm=btch", "crelu=1", "width=0", "width=-3", "width=2.5",
                             "width=1048577", "bias_std=-1", "bias_std=nan", "depth=0"}) {
    EXPECT_THROW(build_family(GetParam().name + ":" + option), std::invalid_argument) << option;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog, EveryFamily, ::testing::ValuesIn(families().begin(), families().end()),
                         [](const auto& info) { return info.param.name; });

TEST(BuildFamily, AnUnknownFamilyIsRefusedWithTheKnownOnes) {
  EXPECT_THAT([] { build_family("resnet:depth=3"); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("unknown family 'resnet'"),
                        HasSubstr("feedforward, residual, highway, highway_gated, dense, shallow, "
                                  "conv_feedforward, conv_residual, thin, transformer_pre_norm, "
                                  "transformer_post_norm"))));
}

TEST(BuildFamily, OptionsWithoutAMeaningAreRefused) {
  for (const char* spec : {"feedforward:input=3,embedding=ones",
                           "feedforward:input=3,bias_std=1",
                           "residual:input=3,bias_std=2",
                           "feedforward:count=linear,input=3,readout=sum",
                           "feedforward:count=linear",
                           "feedforward:count=units",
                           "feedforward:count=linear,input=3,depth=1",
                           "feedforward:readout=sum,output=2",
                           "feedforward:readout=mean",
                           "feedforward:embedding=zeros",
                           "feedforward:preset=rellu",
                           "feedforward:preset=relu,norm=batch",
                           "feedforward:preset=relu,activation=relu",
                           "feedforward:preset=relu,count=linear",
                           "feedforward:preset=relu,readout=sum",
                           "residual:preset=relu,layers_per_block=2",
                           "highway:preset=relu",
                           "residual:skip=gaussian",
                           "residual:skip=orthgonal,layers_per_block=2",
                           "residual:layers_per_block=3",
                           "residual:layers_per_block=2,depth=3",
                           "residual:count=linear,input=3,layers_per_block=2,depth=5",
                           "highway:gamma1=.5,gamma2=.5",
                           "highway:gamma2=1.5",
                           "highway:gamma1=-1",
                           "shallow:depth=2",
                           "residual:slope=.1",
                           "shallow:activation=tanh,slope=.1",
                           "dense:growth=0",
                           "highway_gated:gate_bias=inf",
                           "transformer_pre_norm:heads=3",
                           "transformer_pre_norm:heads=0",
                           "transformer_post_norm:heads=128",
                           "transformer_pre_norm:tokens=0",
                           "transformer_pre_norm:mlp_ratio=.5",
                           "transformer_pre_norm:input=0",
                           "transformer_pre_norm:norm=batch",
                           "transformer_pre_norm:crelu=true",
                           "transformer_post_norm:beta=inf"}) {
    EXPECT_THROW(build_family(spec), std::invalid_argument) << spec;
  }
}

TEST(BuildFamily, HostileSizesAreRefusedBeforeAnythingIsAllocated) {
  for (const char* spec :
       {"residual:width=1048576", "feedforward:width=1000000,depth=10000", "highway:width=50000,crelu=true",
        "feedforward:width=1048576,depth=1,output=1048576", "feedforward:input=1048576,width=1048576,depth=1",
        "dense:growth=1048576,depth=10000,width=1048576,crelu=true", "dense:growth=1000,depth=100,width=1",
        "highway_gated:width=20000,depth=4", "transformer_pre_norm:width=4096,depth=11",
        "transformer_post_norm:mlp_ratio=1048576,width=1048576"}) {
    EXPECT_THAT([&] { build_family(spec); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("at most 2147483648 numbers")))
        << spec;
  }
  EXPECT_EQ(build_family("shallow:width=1048576").parameter_count(), 3 * 1048576);
}

}  // namespace
}  // namespace shatterproof::catalog_test
