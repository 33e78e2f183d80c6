// SPDX-License-Identifier: Apache-2.0
// Which advice a trial keeps: stubs hand it changed networks whose fate is known.
#include "examine/trial_of_remedies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "examine/examination.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof::trial_of_remedies_test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Kind = Remedy::Kind;

const Network& stuck_network() {
  static const Network network =
      initialize(build_family("feedforward:input=8,width=16,depth=40,output=4,activation=tanh"),
                 "gaussian:std=.1", 1)
          .network;
  return network;
}

// Of a network that does not learn: the trial of a finding's remedies, each of which makes `changed`.
class TrialOfRemedies : public testing::Test {
 protected:
  Finding tried(const std::vector<Remedy>& remedies, const Network& changed, double seconds) {
    const Batch batch = gaussian_batch(stuck_network().inputs(), 64, 1);
    const RunOptions run;
    const MeasureRequest request{.run = run};
    const std::unique_ptr<TapSource> source = tap_source(stuck_network(), run);
    const Measured measured = measure(*source, batch, measurements_of_rules(), request);
    Examination examination = examination_of(*source, batch, run, measured.readings);
    examination.rehearsal = Rehearsal{.verdict = RehearsalVerdict::stuck};
    RehearsalOptions rehearsal;
    rehearsal.seconds = seconds;
    const Thresholds thresholds;
    const RemedyTrial trial{.alter =
                                [&](const Remedy&) {
                                  ++made_;
                                  const Remedy nothing{.kind = Kind::scale_layer, .value = 1.0};
                                  return altered(changed, batch, nothing, 1, run);
                                },
                            .examination = examination,
                            .thresholds = thresholds,
                            .request = request,
                            .rehearsal = rehearsal};
    Diagnosis diagnosis;
    diagnosis.findings = {Finding{.id = "dead_layer", .severity = Severity::critical, .remedies = remedies}};
    try_remedies(trial, diagnosis);
    return diagnosis.findings.front();
  }

  int made_ = 0;
};

std::vector<std::string> schemes(const Finding& finding) {
  std::vector<std::string> found;
  for (const Remedy& remedy : finding.remedies) found.push_back(remedy.scheme);
  return found;
}

const std::vector<Remedy> kFour = {{.kind = Kind::redraw, .scheme = "he"},
                                   {.kind = Kind::redraw, .scheme = "lecun"},
                                   {.kind = Kind::redraw, .scheme = "glorot"},
                                   {.kind = Kind::redraw, .scheme = "orthogonal"}};
constexpr double kEnoughSeconds = 60, kHardlyAny = 1e-6;

TEST_F(TrialOfRemedies, TwoThatHelpAreEnough) {
  const Network healthy =
      initialize(build_family("feedforward:input=8,width=16,depth=3,output=4"), "he", 1).network;
  EXPECT_THAT(schemes(tried(kFour, healthy, kEnoughSeconds)), ElementsAre("he", "lecun"));
  EXPECT_EQ(made_, 2);
}

// What is shown would else depend on how busy the machine is.
TEST_F(TrialOfRemedies, TwoThatNoTimeIsLeftForAreEnoughToo) {
  EXPECT_THAT(schemes(tried(kFour, stuck_network(), kHardlyAny)), ElementsAre("he", "lecun"));
  EXPECT_EQ(made_, 2);
}

TEST_F(TrialOfRemedies, SaysWhatDidNotHelp) {
  const Finding finding = tried(kFour, stuck_network(), kEnoughSeconds);
  EXPECT_THAT(finding.remedies, SizeIs(0));
  EXPECT_THAT(finding.next, StartsWith("no advice: tried, and it did not help"));
  EXPECT_EQ(made_, 4);
}

// Nothing else helps before units part.
TEST_F(TrialOfRemedies, KeepsWhatOpensTheWayThoughItFallsShort) {
  const Finding finding = tried({{.kind = Kind::break_symmetry}}, stuck_network(), kEnoughSeconds);
  ASSERT_THAT(finding.remedies, SizeIs(1));
  EXPECT_TRUE(finding.remedies.front().falls_short);
}

}  // namespace
}  // namespace shatterproof::trial_of_remedies_test
