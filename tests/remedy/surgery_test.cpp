// SPDX-License-Identifier: Apache-2.0
// What every change keeps, whatever it changes: parameters, and a form as ONNX.
#include <gtest/gtest.h>

#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "tests/remedy/change.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::surgery_test {
namespace {

struct Case {
  std::string family;
  Remedy remedy;
  bool draws = false;  // whether other parameters get new numbers
};

const std::vector<Case>& cases() {
  using Kind = Remedy::Kind;
  static const std::vector<Case> all = {
      {"residual:depth=4,width=6,input=6", {.kind = Kind::scale_branches, .value = .3}},
      {"conv_residual:depth=4,width=4,bottleneck=2", {.kind = Kind::scale_branches, .value = .3}},
      {"transformer_pre_norm:depth=2,width=8,heads=2,tokens=3", {.kind = Kind::scale_branches, .value = .3}},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::add_skips, .value = .2}},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::add_skips, .scheme = "batch", .value = .2}},
      {"feedforward:depth=3,width=6,input=6,norm=batch", {.kind = Kind::add_skips, .value = .2}},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::add_norm, .scheme = "batch"}},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::add_norm, .scheme = "layer"}},
      {"thin:depth=6", {.kind = Kind::add_norm, .scheme = "batch"}},
      {"transformer_post_norm:depth=2,width=8,heads=2,tokens=3", {.kind = Kind::move_norm}},
      {"feedforward:depth=3,width=6,input=6,activation=tanh",
       {.kind = Kind::replace_nonlinearity, .scheme = "relu"},
       true},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::replace_nonlinearity, .scheme = "prelu"}},
      {"feedforward:depth=3,width=6,input=6", {.kind = Kind::redraw, .scheme = "orthogonal"}, true},
  };
  return all;
}

template <typename Check>
void for_every_change(Check check) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.family + ", " + std::string(to_string(one.remedy.kind)));
    const Network network = initialize(build_family(one.family), "he", 1).network;
    const auto made = changed(network, one.remedy);
    ASSERT_TRUE(made);
    check(one, network, *made);
  }
}

TEST(EveryChange, KeepsNamesShapesAndNumbersOfOtherParameters) {
  for_every_change([](const Case& one, const Network& network, const Changed& made) {
    for (const Parameter& parameter : network.parameters()) {
      const Parameter* kept = made.network.find_parameter(parameter.name);
      ASSERT_TRUE(kept) << parameter.name;
      EXPECT_EQ(kept->value.sizes(), parameter.value.sizes()) << parameter.name;
      EXPECT_EQ(kept->trainable, parameter.trainable) << parameter.name;
      EXPECT_TRUE(one.draws || kept->value.equal(parameter.value)) << parameter.name;
    }
  });
}

TEST(EveryChange, ChangesWhatIsComputed) {
  for_every_change([](const Case&, const Network& network, const Changed& made) {
    const at::Tensor before = output_of(network, made.batch), after = output_of(made.network, made.batch);
    EXPECT_EQ(before.sizes(), after.sizes());
    EXPECT_FALSE(at::allclose(before, after));
  });
}

TEST(EveryChange, SurvivesAnExport) {
  const TemporaryFolder folder;
  for_every_change([&](const Case&, const Network&, const Changed& made) {
    const std::filesystem::path path = folder.path() / "changed.onnx";
    export_onnx(made.network, path);
    const ImportedModel back = import_onnx(path);
    for (const BatchStatistics statistics : {BatchStatistics::attached, BatchStatistics::stored}) {
      expect_equal(output_of(back.network, made.batch, statistics),
                   output_of(made.network, made.batch, statistics));
    }
    EXPECT_EQ(back.network.parameter_count(), made.network.parameter_count());
  });
}

TEST(EveryChange, CanBeMadeOnTopOfAnother) {
  const Network network = initialize(build_family("feedforward:depth=3,width=6,input=6"), "he", 1).network;
  const auto once = changed(network, {.kind = Remedy::Kind::add_skips, .scheme = "batch", .value = .2});
  ASSERT_TRUE(once);
  const Remedy half{.kind = Remedy::Kind::scale_branches, .value = .5};
  const auto twice = changed(once->network, half);
  ASSERT_TRUE(twice);
  const auto thrice = changed(twice->network, half);
  ASSERT_TRUE(thrice);
  const auto at_once = changed(network, {.kind = Remedy::Kind::add_skips, .scheme = "batch", .value = .05});
  expect_equal(output_of(thrice->network, thrice->batch), output_of(at_once->network, at_once->batch));
}

}  // namespace
}  // namespace shatterproof::surgery_test
