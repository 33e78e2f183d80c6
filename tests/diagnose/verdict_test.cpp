// SPDX-License-Identifier: Apache-2.0
// What becomes of findings: causes before what follows from them, severity by what was tried.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/diagnose/examinations.h"

namespace shatterproof::verdict_test {
namespace {

using ::testing::HasSubstr;

TEST(Verdict, WhatIsStuckWithoutASymptomIsAFindingOfItsOwn) {
  Examination examination = examination_of({healthy_draw()});
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].id, "stuck");
  EXPECT_EQ(diagnosis.findings[0].severity, Severity::critical);
  examination.initial_weights = false;
  EXPECT_TRUE(diagnose(examination, Thresholds()).findings.empty()) << "trained weights have been through it";
}

TEST(Verdict, OneCauseStandsAboveWhatFollowsFromIt) {
  Draw draw = sick_draw("end_to_end_gain", .005);
  reading(draw, "sign_diversity").values[0] = .02;
  reading(draw, "bimodality").values[0] = .95;
  Examination examination = examination_of({draw});
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 3U);
  EXPECT_EQ(diagnosis.findings[0].id, "vanishing");
  EXPECT_EQ(diagnosis.findings[0].severity, Severity::critical);
  EXPECT_EQ(diagnosis.findings[0].cause, "");
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(diagnosis.findings[i].cause, "vanishing") << diagnosis.findings[i].id;
    EXPECT_EQ(diagnosis.findings[i].severity, Severity::watch) << diagnosis.findings[i].id;
  }
}

// A trial asks for logits, which such a softmax hides.
TEST(Verdict, ASoftmaxOverOneNumberIsCriticalThoughLogitsLearn) {
  Examination examination = examination_of({healthy_draw()});
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  examination.outputs.softmax_of_one = "softmax";
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* dead = find(diagnosis.findings, "dead_layer");
  ASSERT_NE(dead, nullptr);
  EXPECT_EQ(dead->severity, Severity::critical);
  EXPECT_THAT(dead->headline, ::testing::HasSubstr("the softmax softmax has one number to choose from"));
  EXPECT_THAT(dead->next, ::testing::HasSubstr("sigmoid"));
}

TEST(Verdict, WhatIsCertainStaysCriticalWhereAnotherFindingExplainsIt) {
  Examination examination = examination_of({healthy_draw()});
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  examination.outputs = {
      .classes = 10, .examples = 64, .rectifier = "relu", .shut_outputs = 4, .softmax_of_one = "softmax"};
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding& dead = *find(diagnosis.findings, "dead_layer");
  EXPECT_EQ(dead.cause, "rectified_output");
  EXPECT_EQ(find(diagnosis.findings, "rectified_output")->severity, Severity::watch);
  EXPECT_EQ(dead.severity, Severity::critical);
  EXPECT_THAT(dead.next, ::testing::HasSubstr("sigmoid"));
}

TEST(Verdict, OutputsThatARectifierShutsAreToBlameWhereTheRestLearnsWithoutIt) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.outputs = {.classes = 10, .examples = 64, .rectifier = "relu", .shut_outputs = 4};
  const auto found = [&] { return *find(diagnose(examination, Thresholds()).findings, "rectified_output"); };
  EXPECT_EQ(found().severity, Severity::watch);
  EXPECT_THAT(found().headline,
              ::testing::HasSubstr("relu makes 4 of 10 outputs zero for each of 64 examples"));
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(found().severity, Severity::watch) << "some of them are never learned";
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  examination.without_output_rectifier = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(found().severity, Severity::critical);
  EXPECT_THAT(found().next, ::testing::HasSubstr("rectifier"));
  EXPECT_EQ(find(diagnose(examination, Thresholds()).findings, "vanishing")->cause, "rectified_output");
  examination.outputs.shut_outputs = 0;
  EXPECT_EQ(find(diagnose(examination, Thresholds()).findings, "rectified_output"), nullptr);
}

TEST(Verdict, ARectifierBehindTheOutputsIsANoteWhereTheRestLearnsNoBetterWithoutIt) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.outputs = {.classes = 10, .examples = 64, .rectifier = "relu", .shut_outputs = 4};
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  examination.without_output_rectifier = rehearsed(RehearsalVerdict::stuck);
  const Findings findings = diagnose(examination, Thresholds()).findings;
  const Finding& rectifier = *find(findings, "rectified_output");
  EXPECT_EQ(rectifier.severity, Severity::info);
  EXPECT_EQ(rectifier.next, "");
  EXPECT_THAT(rectifier.why, ::testing::HasSubstr("learns no better"));
  EXPECT_EQ(find(findings, "vanishing")->severity, Severity::critical);
  EXPECT_EQ(find(findings, "vanishing")->cause, "");
}

TEST(Verdict, WhatIsFittedWholeDependsOnItsInputsWhateverTheReadings) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  examination.rehearsal->constant_loss = 2;
  const auto severity = [&](double level, const char* id) {
    examination.rehearsal->level = level;
    return find(diagnose(examination, Thresholds()).findings, id)->severity;
  };
  EXPECT_EQ(severity(.8, "vanishing"), Severity::watch);
  EXPECT_EQ(severity(.1, "vanishing"), Severity::info);
  examination.draws = {sick_draw("end_to_end_gain", 5e-5)};
  examination.mean = examination.draws.front();
  EXPECT_EQ(severity(.1, "vanishing"), Severity::watch) << "Adam alone fits it";
  examination.draws = {sick_draw("end_to_end_gain", 1e4)};
  examination.mean = examination.draws.front();
  EXPECT_EQ(severity(.1, "exploding"), Severity::watch) << "by heart says nothing of what lies around";
}

TEST(Verdict, ALossThatTakesProbabilitiesForLogitsIsOnWatchAndSaysWhatItCannotFallBelow) {
  Examination examination = examination_of({healthy_draw()});
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  OutputFacts& outputs = examination.outputs;
  outputs = {.classes = 10, .examples = 64, .last = "probabilities", .last_op = "Softmax"};
  const auto found = [&] {
    const Findings findings = diagnose(examination, Thresholds()).findings;
    const Finding* finding = find(findings, "mismatched_loss");
    return finding ? *finding : Finding{.headline = "none"};
  };
  EXPECT_EQ(found().severity, Severity::info) << "the loss is not known";
  EXPECT_EQ(found().next, "");
  outputs.loss_takes = LossInput::class_logits;
  EXPECT_EQ(found().severity, Severity::watch) << "that the logits are learned says nothing against it";
  EXPECT_NEAR(found().evidence.at(0).value, std::log(std::exp(1.) + 9) - 1, 1e-12);
  outputs.last_op = "LogSoftmax";
  EXPECT_EQ(found().headline, "none") << "a softmax of log-probabilities is the softmax";
  outputs.loss_takes = LossInput::log_probabilities;
  EXPECT_EQ(found().headline, "none");
  outputs.last_op = "Gemm";
  EXPECT_THAT(found().why, ::testing::HasSubstr("no lower bound"));
  outputs.loss_takes = LossInput::class_logits;
  EXPECT_EQ(found().headline, "none");
  outputs.last_op = "Sigmoid";
  EXPECT_EQ(found().headline, "none") << "of scores between 0 and 1, as a similarity";
  outputs.loss_takes = LossInput::logits;
  EXPECT_NEAR(found().evidence.at(0).value, std::log(1 + std::exp(-1.)), 1e-12);
  outputs = {.loss_takes = LossInput::broadcast};
  EXPECT_EQ(found().severity, Severity::watch);
  EXPECT_THAT(found().next, ::testing::HasSubstr("output.squeeze(-1)"));
}

TEST(Verdict, ExamplesThatChangeOneAnotherAreTheFirstCauseOfBeingStuck) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .005)});
  examination.coupled_examples = {.change = .02, .node = "lstm", .op = "LSTM"};
  const auto found = [&] { return *find(diagnose(examination, Thresholds()).findings, "coupled_examples"); };
  EXPECT_EQ(found().severity, Severity::watch);
  EXPECT_THAT(found().next, ::testing::HasSubstr("batch_first=True"));
  examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
  EXPECT_EQ(found().severity, Severity::critical);
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(found().severity, Severity::watch) << "learning says nothing against it";
  examination.coupled_examples->by_given_neighbours = true;
  EXPECT_EQ(found().severity, Severity::info);
  EXPECT_EQ(found().next, "");
}

TEST(Verdict, StepsAndExamplesThatNobodyCanTellApartAreSaid) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 1)});
  EXPECT_EQ(find(diagnose(examination, Thresholds()).findings, "coupled_examples"), nullptr);
  examination.alike_axes = 32;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* found = find(diagnosis.findings, "coupled_examples");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->severity, Severity::watch);
  EXPECT_THAT(found->headline, ::testing::HasSubstr("32 along axis 0 and along axis 1"));
}

TEST(Verdict, WhatToDoIsSaidOnceAtTheCause) {
  Draw draw = sick_draw("end_to_end_gain", .005);
  reading(draw, "sign_diversity").values[0] = .02;
  reading(draw, "bimodality").values[0] = .95;
  for (const auto verdict : {RehearsalVerdict::stuck, RehearsalVerdict::slow}) {
    const Diagnosis diagnosis = diagnose(with_rehearsal(examination_of({draw}), verdict), Thresholds());
    ASSERT_EQ(diagnosis.findings.size(), 3U);
    for (const Finding& finding : diagnosis.findings) {
      EXPECT_FALSE(finding.remedies.empty()) << finding.id << " would have something to say";
      EXPECT_EQ(finding.next.empty(), !finding.cause.empty()) << finding.id << ": " << finding.next;
    }
  }
  // Alone each says its own.
  EXPECT_FALSE(
      diagnose(examination_of({sick_draw("bimodality", .95)}), Thresholds()).findings[0].next.empty());
}

TEST(Verdict, ANetworkThatLearnsIsToldNothingToDo) {
  const std::pair<const char*, double> sicknesses[] = {
      {"correlation_length", .1}, {"end_to_end_gain", 20},           {"end_to_end_gain", .05},
      {"bimodality", .6},         {"sign_diversity", .05},           {"nonlinearity_coefficient", 20},
      {"pseudo_linearity", .005}, {"gradient_scale_coefficient", 20}};
  for (const auto& [name, value] : sicknesses) {
    Examination examination = examination_of({sick_draw(name, value)});
    EXPECT_FALSE(diagnose(examination, Thresholds()).findings.at(0).next.empty()) << name << " is not tried";
    examination.rehearsal = rehearsed(RehearsalVerdict::learns);
    const Diagnosis diagnosis = diagnose(examination, Thresholds());
    ASSERT_FALSE(diagnosis.findings.empty()) << name << ": it is noted";
    for (const Finding& finding : diagnosis.findings) {
      EXPECT_EQ(finding.severity, Severity::info) << name;
      EXPECT_EQ(finding.next, "") << name;
      EXPECT_TRUE(finding.remedies.empty()) << name;
    }
  }
}

TEST(Verdict, WhatLearnsAtOnceGetsNoteOfWhatWouldShow) {
  Examination examination = examination_of({sick_draw("nonlinearity_coefficient", 1e4)});
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "overly_nonlinear")->severity, Severity::watch);
  examination.rehearsal->at_once = true;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "overly_nonlinear")->severity, Severity::info);
  examination.rehearsal->at_once = false;
  examination.rehearsal->around_share = .1;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "overly_nonlinear")->severity, Severity::info)
      << "nor around the examples";
  examination.inputs.real = true;
  examination.inputs.deviation = 70;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "unscaled_inputs")->severity, Severity::watch)
      << "one batch does not show it";
}

TEST(Verdict, OutputsThatAreLearnedAtOnceAreNotTooLarge) {
  Examination examination = examination_of({healthy_draw()});
  examination.outputs = {.classes = 10, .examples = 64, .initial_loss = 20, .logit_deviation = 15};
  examination.rehearsal = rehearsed(RehearsalVerdict::learns);
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "large_outputs")->severity, Severity::watch);
  examination.rehearsal->at_once = true;
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "large_outputs")->severity, Severity::info);
}

TEST(Verdict, WhatIsHardlyLearnedAroundTheExamplesIsCriticalWhereItsReadingsAre) {
  const auto severity = [](double coefficient, double around) {
    Examination examination = examination_of({sick_draw("nonlinearity_coefficient", coefficient)});
    examination.rehearsal = rehearsed(RehearsalVerdict::learns);
    examination.rehearsal->around_share = around;
    return find(diagnose(examination, Thresholds()), "overly_nonlinear")->severity;
  };
  EXPECT_EQ(severity(1e4, .5), Severity::critical);
  EXPECT_EQ(severity(20, .5), Severity::info);
  EXPECT_EQ(severity(1e4, .1), Severity::info);
}

TEST(Verdict, WhatMemorizesIsCriticalByItsFirstCause) {
  Examination examination = examination_of({sick_draw("nonlinearity_coefficient", 20)});
  examination.rehearsal = rehearsed(RehearsalVerdict::memorizes);
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* finding = find(diagnosis, "overly_nonlinear");
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_THAT(finding->why, ::testing::HasSubstr("not what lies around it"));
  EXPECT_TRUE(
      diagnose(with_rehearsal(examination_of({healthy_draw()}), RehearsalVerdict::memorizes), Thresholds())
          .findings.empty())
      << "without a symptom it says too little";
  examination.rehearsal->task.kind = RehearsalTask::Kind::targets;
  EXPECT_EQ(worst(diagnose(examination, Thresholds())), Severity::watch)
      << "what may be left of targets was not held against trainings";
}

TEST(Verdict, PostNormThatLearnsAtOneRateIsOnWatch) {
  Examination examination = examination_of({healthy_draw()});
  examination.post_norm_sums = 32;
  const auto severity = [&](RehearsalVerdict verdict) {
    examination.rehearsal = rehearsed(verdict);
    const Diagnosis diagnosis = diagnose(examination, Thresholds());
    const Finding* finding = find(diagnosis, "post_norm");
    return finding ? std::string(to_string(finding->severity)) : "none";
  };
  EXPECT_EQ(severity(RehearsalVerdict::stuck), "critical");
  EXPECT_EQ(severity(RehearsalVerdict::fragile), "watch");
  EXPECT_EQ(severity(RehearsalVerdict::slow), "none");
  EXPECT_EQ(severity(RehearsalVerdict::learns), "none");
}

TEST(Verdict, AVerdictOfHealthNeedsTheReadingsItRestsOn) {
  Draw draw = healthy_draw();
  std::erase_if(draw.readings, [](const Reading& one) { return one.name == "correlation_length"; });
  const Diagnosis diagnosis = diagnose(examination_of({draw}), Thresholds());
  EXPECT_TRUE(diagnosis.findings.empty());
  EXPECT_EQ(diagnosis.missing, std::vector<std::string>{"correlation_length"});
  EXPECT_EQ(verdict_record(diagnosis).verdict, "unknown");
}

TEST(Verdict, NothingGrowsOverOneLayer) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 1e-4)});
  examination.structure.layers.resize(1);
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "vanishing"), nullptr);
  examination = examination_of({sick_draw("end_to_end_gain", 1e4)});
  examination.structure.layers.clear();
  EXPECT_EQ(find(diagnose(examination, Thresholds()), "exploding"), nullptr);
}

TEST(Verdict, HalfOfTheDrawsDecideHowSevereAFindingIs) {
  const Draw good = healthy_draw(), watch = sick_draw("correlation_length", .1),
             critical = sick_draw("correlation_length", .01);
  EXPECT_TRUE(diagnose(examination_of({good, good, critical}), Thresholds()).findings.empty());
  const Diagnosis one_half = diagnose(examination_of({watch, critical, good, good}), Thresholds());
  ASSERT_EQ(one_half.findings.size(), 1U);
  EXPECT_EQ(one_half.findings[0].severity, Severity::watch);
  EXPECT_EQ(one_half.findings[0].confidence, "in 2 of 4 draws");
  const Diagnosis most = diagnose(examination_of({critical, critical, watch}), Thresholds());
  EXPECT_EQ(most.findings[0].confidence, "in 2 of 3 draws");
}

TEST(Verdict, WhatTheLastLayerAloneMakesSmallIsNoVanishingGradient) {
  Draw draw = sick_draw("end_to_end_gain", .005);
  reading(draw, "gradient_mean_square").values = {1, 1};
  EXPECT_TRUE(diagnose(examination_of({draw}), Thresholds()).findings.empty());
}

}  // namespace
}  // namespace shatterproof::verdict_test
