// SPDX-License-Identifier: Apache-2.0
// What is said of parameters that training does not reach, and of units that never part.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/diagnose/examinations.h"

namespace shatterproof::dead_verdict_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(DeadVerdict, BiasesThatCancelAreANote) {
  Examination examination = examination_of({healthy_draw()});
  Layer layer;
  layer.weight = "branch.weight";
  layer.bias = "branch.bias";
  examination.structure.layers.push_back(layer);
  examination.awakening.emplace();
  examination.awakening->parameters = 20;
  examination.awakening->dead = {{.name = "branch.bias"}};
  const auto found = [&] { return *find(diagnose(examination, Thresholds()), "dead_layer"); };
  EXPECT_EQ(found().severity, Severity::info);
  EXPECT_EQ(found().next, "");
  examination.awakening->dead.push_back({.name = "branch.weight"});
  EXPECT_EQ(found().severity, Severity::watch) << "the layer is dead";
}

TEST(DeadVerdict, UnitsThatAreOneAreTheCauseOfASoftmaxThatTellsNothingApart) {
  Examination examination = examination_of({healthy_draw()});
  examination.awakening.emplace();
  examination.awakening->parameters = 4;
  examination.awakening->standstill = {
      .cause = DeathCause::standstill, .at = "inner", .op = "Softmax", .choices = 10};
  const auto next = [&] { return find(diagnose(examination, Thresholds()), "dead_layer")->next; };
  EXPECT_THAT(next(), HasSubstr("equal numbers"));
  examination.awakening->standstill->choices = 1;
  EXPECT_THAT(next(), HasSubstr("over one number"));
  examination.awakening->standstill->choices = 10;
  examination.awakening->identical = {{.weight = "first.weight", .units = 10}};
  examination.awakening->dead = {{.name = "first.bias", .end = *examination.awakening->standstill}};
  EXPECT_THAT(next(), AllOf(HasSubstr("different weights"), Not(HasSubstr("softmax"))));
}

TEST(DeadVerdict, AnOutputThatARectifierShutsIsTriedWithoutIt) {
  Examination examination = examination_of({healthy_draw()});
  examination.awakening.emplace();
  examination.awakening->parameters = 2;
  examination.awakening->dead = {{.name = "a.weight", .end = {.cause = DeathCause::rectifier, .at = "last"}}};
  const auto kinds = [&] {
    std::vector<Remedy::Kind> found;
    const Diagnosis diagnosis = diagnose(examination, Thresholds());
    for (const Remedy& one : find(diagnosis, "dead_layer")->remedies) found.push_back(one.kind);
    return found;
  };
  EXPECT_THAT(kinds(), ElementsAre(Remedy::Kind::redraw, Remedy::Kind::replace_nonlinearity));
  examination.outputs.rectifier = "last";
  EXPECT_THAT(kinds(), ElementsAre(Remedy::Kind::bare_output, Remedy::Kind::redraw,
                                   Remedy::Kind::replace_nonlinearity));
}

TEST(DeadVerdict, OfAnAdaptersTwoZerosOneIsDrawnAndOfANetworkOfZerosAll) {
  Examination examination = examination_of({healthy_draw()});
  examination.structure.layers.resize(4);
  examination.awakening.emplace();
  examination.awakening->parameters = 4;
  const auto next = [&](int64_t zeros) {
    examination.awakening->dead.clear();
    examination.awakening->zero_factors.clear();
    for (int64_t i = 0; i < zeros; ++i) {
      const std::string name = fmt::format("{}.weight", i);
      examination.structure.layers[static_cast<size_t>(i)].weight = name;
      examination.awakening->dead.push_back({.name = name, .end = {.cause = DeathCause::zero_factors}});
      examination.awakening->zero_factors.push_back({.parameter = name});
    }
    return find(diagnose(examination, Thresholds()), "dead_layer")->next;
  };
  EXPECT_THAT(next(2), HasSubstr("one of them, as 0.weight"));
  EXPECT_THAT(next(4), HasSubstr("where all are one number"));
  examination.structure.layers.resize(9);
  EXPECT_THAT(next(4), HasSubstr("all but one of those that stand one behind the other, as 0.weight"));
}

// What fades on the way leaves rectifiers to their biases; a branch that died does not fade the rest.
TEST(DeadVerdict, AFewDeadParametersFollowFromWhatVanishes) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  examination.awakening.emplace();
  examination.awakening->parameters = 20;
  examination.awakening->dead = {
      {.name = "branch.weight", .end = {.cause = DeathCause::rectifier, .at = "relu"}}};
  const Diagnosis few = diagnose(examination, Thresholds());
  ASSERT_NE(find(few, "dead_layer"), nullptr);
  EXPECT_EQ(find(few, "dead_layer")->cause, "vanishing");
  EXPECT_EQ(find(few, "vanishing")->cause, "");
  examination.awakening->parameters = 2;
  const Diagnosis half = diagnose(examination, Thresholds());
  EXPECT_EQ(find(half, "dead_layer")->cause, "");
  EXPECT_EQ(find(half, "vanishing")->cause, "dead_layer");
}

}  // namespace
}  // namespace shatterproof::dead_verdict_test
