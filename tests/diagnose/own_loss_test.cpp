// SPDX-License-Identifier: Apache-2.0
// What is said of a user's own loss.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/diagnose/examinations.h"

namespace shatterproof::own_loss_test {
namespace {

using enum RehearsalVerdict;

// A network that fits random labels, and of its own loss what is said.
Examination learning(RehearsalVerdict own, double level) {
  Examination examination = examination_of({healthy_draw()});
  examination.rehearsal.emplace();
  examination.rehearsal->verdict = learns;
  examination.rehearsal->at_once = true;
  examination.own_rehearsal.emplace();
  OwnRehearsal& tried = *examination.own_rehearsal;
  tried.rehearsal.verdict = own;
  tried.rehearsal.constant_loss = 1;
  tried.rehearsal.level = level;
  tried.least_loss = 0;
  tried.constant_loss = 1;
  tried.reachable_loss = 0;
  return examination;
}

std::vector<std::string> said(const Examination& examination) {
  std::vector<std::string> found;
  for (const Finding& finding : diagnose(examination, Thresholds()).findings)
    found.push_back(finding.id + " " + std::string(to_string(finding.severity)));
  return found;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OwnLoss, ThatIsLearnedIsSaidToBe) {
  const Diagnosis found = diagnose(learning(learns, .05), Thresholds());
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_THAT(found.healthy, ::testing::Contains(::testing::HasSubstr("learns the loss it is given")));
}

TEST(OwnLoss, ThatIsNotLearnedIsOnWatch) {
  EXPECT_THAT(said(learning(stuck, 1)), ElementsAre("unlearned_loss watch"));
  EXPECT_THAT(said(learning(slow, .8)), IsEmpty()) << "sixty steps are few";
  EXPECT_THAT(said(learning(unjudged, 1)), IsEmpty());
}

TEST(OwnLoss, ThatRandomLabelsFailTooIsTheNetworks) {
  Examination examination = learning(stuck, 1);
  examination.rehearsal->verdict = stuck;
  EXPECT_THAT(said(examination), ElementsAre("stuck critical"));
}

TEST(OwnLoss, LabelsBeyondABoundAreAsSevereAsWhatStays) {
  for (const auto& [lost, severity] : std::vector<std::pair<double, std::string>>{
           {.05, ""}, {.2, "watch"}, {.69, "watch"}, {.75, "critical"}, {25, "critical"}}) {
    Examination examination = learning(unjudged, 1);
    examination.own_rehearsal->reachable_loss = lost;
    const std::vector<std::string> found = said(examination);
    EXPECT_EQ(found.empty() ? "" : found.front(), severity.empty() ? "" : "unreachable_targets " + severity);
  }
}

TEST(OwnLoss, LabelsOfAnotherScaleAreToBlameWhereScaledOutputsLearn) {
  Examination examination = learning(stuck, 3);
  OwnRehearsal& own = *examination.own_rehearsal;
  own.answers_mean = 2e5;
  own.answers_deviation = 4e4;
  own.outputs_size = .3;
  own.scaled_share = .04;
  EXPECT_THAT(said(examination), ElementsAre("unscaled_targets critical"));
  const Finding large = diagnose(examination, Thresholds()).findings.front();
  EXPECT_THAT(large.next, ::testing::HasSubstr("(label - 2e+05) / 4e+04"));
  own.answers_mean = 0;
  own.answers_deviation = 1;
  own.outputs_size = 1e5;
  const Finding small = diagnose(examination, Thresholds()).findings.front();
  EXPECT_THAT(small.next, ::testing::HasSubstr("the last layer's weights 1e+05 times smaller"));
  own.scaled_share = .9;
  EXPECT_THAT(said(examination), ElementsAre("unlearned_loss watch")) << "scale is not why";
  examination.outputs.loss_takes = LossInput::class_logits;
  own.scaled_share = .04;
  EXPECT_THAT(said(examination), ElementsAre("unlearned_loss watch")) << "logits grow by themselves";
}

}  // namespace
}  // namespace shatterproof::own_loss_test
