// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/diagnose/catalog.h"
#include "tests/diagnose/examinations.h"

namespace shatterproof::diagnose_test {
namespace {

TEST(Diagnose, AMeanGradientAtItsFloorIsNoise) {
  const Diagnosis diagnosis =
      diagnose(examination_of({sick_draw("gradient_signal_to_noise", 1.1 / 16)}), Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].id, "white_minibatch");
  EXPECT_EQ(diagnosis.findings[0].remedies.at(0).kind, Remedy::Kind::add_skips);
  const Draw above = sick_draw("gradient_signal_to_noise", 1.3 / 16);
  EXPECT_TRUE(diagnose(examination_of({above}), Thresholds()).findings.empty());
  Draw white_everywhere = sick_draw("gradient_signal_to_noise", 1. / 16);
  reading(white_everywhere, "gradient_correlation").values = {0, 0};
  EXPECT_TRUE(diagnose(examination_of({white_everywhere}), Thresholds()).findings.empty());
}

TEST(Diagnose, AHealthyNetworkGetsNoFinding) {
  const Diagnosis diagnosis = diagnose(examination_of({healthy_draw()}), Thresholds());
  EXPECT_TRUE(diagnosis.findings.empty());
  EXPECT_EQ(diagnosis.healthy.size(), 7U)
      << "finite, neighbours, size, nonlinearity, bend, every layer, activations";
  EXPECT_TRUE(diagnosis.missing.empty());
  EXPECT_EQ(verdict_record(diagnosis).verdict, "healthy");
}

TEST(Diagnose, EveryRuleFindsItsSickness) {
  const struct {
    const char *name, *id;
    double watch, critical;
  } cases[] = {{"correlation_length", "shattered", .1, .01},
               {"end_to_end_gain", "exploding", 20, 200},
               {"end_to_end_gain", "vanishing", .05, .005},
               {"bimodality", "redundant_units", .6, .95},
               {"gradient_scale_coefficient", "exploding", 20, 200},
               {"gradient_scale_coefficient", "vanishing", .05, .005},
               {"pseudo_linearity", "collapsed_domain", .005, .0005},
               {"sign_diversity", "collapsed_domain", .05, .02},
               {"nonlinearity_coefficient", "overly_nonlinear", 20, 200}};
  for (const auto& sick : cases) {
    for (const double value : {sick.watch, sick.critical}) {
      Examination examination = examination_of({sick_draw(sick.name, value)});
      EXPECT_EQ(diagnose(examination, Thresholds()).findings.at(0).severity, Severity::watch) << "not tried";
      examination.rehearsal = rehearsed(RehearsalVerdict::learns);
      EXPECT_LE(diagnose(examination, Thresholds()).findings.at(0).severity, Severity::watch) << sick.id;
      examination.rehearsal = rehearsed(RehearsalVerdict::stuck);
      const Diagnosis diagnosis = diagnose(examination, Thresholds());
      ASSERT_EQ(diagnosis.findings.size(), 1U) << sick.id;
      const Finding& finding = diagnosis.findings[0];
      EXPECT_EQ(finding.id, sick.id);
      EXPECT_EQ(finding.severity, Severity::critical) << sick.id;
      EXPECT_FALSE(finding.why.empty() || finding.next.empty()) << sick.id;
      EXPECT_THAT(finding.why, testing::HasSubstr("does not fit one batch by heart: as told"));
      EXPECT_FALSE(finding.evidence.empty()) << sick.id;
    }
  }
}

std::string next_of_vanishing(const Examination& examination) {
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* finding = find(diagnosis, "vanishing");
  return finding == nullptr ? "no finding" : finding->next;
}

TEST(Diagnose, OnlyASaturatingNonlinearityIsBlamedForSmallRelativeChanges) {
  Examination examination = examination_of({sick_draw("gradient_scale_coefficient", .05)});
  EXPECT_THAT(next_of_vanishing(examination), testing::HasSubstr("variance 2 / fan_in"));
  for (const char* saturating : {"tanh", "sigmoid", ""}) {
    examination.activation = saturating;
    EXPECT_THAT(next_of_vanishing(examination), testing::HasSubstr("as the nonlinearity")) << saturating;
  }
}

TEST(Diagnose, WhatWeightsOfTheRightScaleLoseIsGivenBackByTheLastLayer) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .05)});
  const auto is_given_back = [&](const char* initializer, const char* activation) {
    examination.initializer = initializer;
    examination.activation = activation;
    return next_of_vanishing(examination).find("weights of the last layer by 20") ==
           std::string("multiply the ").size();
  };
  EXPECT_TRUE(is_given_back("looks_linear", "relu"));
  EXPECT_TRUE(is_given_back("orthogonal:gain=1", ""));
  EXPECT_TRUE(is_given_back("he", "relu"));
  EXPECT_TRUE(is_given_back("lecun", ""));
  EXPECT_FALSE(is_given_back("lecun", "relu"));
  EXPECT_FALSE(is_given_back("he", "tanh"));
  examination.normalizes_batch = true;
  EXPECT_FALSE(is_given_back("he", "relu"));
}

TEST(Diagnose, AZeroGradientAndAConstantSignalAreDeadLayers) {
  for (const char* name : {"gradient_mean_square", "preactivation_std"}) {
    Draw draw = sick_draw(name, 0);
    reading(draw, name).x_labels = {"conv_7", "conv_8"};
    const Diagnosis diagnosis = diagnose(examination_of({draw}), Thresholds());
    const Finding* finding = find(diagnosis, "dead_layer");
    ASSERT_NE(finding, nullptr) << name;
    EXPECT_EQ(finding->severity, Severity::watch) << "a zero on purpose looks the same until it is tried";
    EXPECT_THAT(finding->headline, testing::HasSubstr("conv_7"));
  }
}

TEST(Diagnose, DenormalWeightsAreNamedUnlessTheyAreDrawnAnew) {
  Examination examination = examination_of({healthy_draw()});
  examination.initializer = "he";
  examination.denormal_weights = {{"block.weight", 2e-40}, {"block.bias", 5e-41}};
  EXPECT_TRUE(diagnose(examination, Thresholds()).findings.empty());
  examination.initializer = "";
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  const Finding* finding = find(diagnosis, "dead_layer");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->headline, testing::HasSubstr("2 tensors of weights are denormal"));
  EXPECT_THAT(finding->headline, testing::HasSubstr("block.weight, block.bias"));
  ASSERT_EQ(finding->evidence.size(), 2U);
  EXPECT_EQ(finding->evidence[0].value, 2e-40);
}

TEST(Diagnose, SteadyGrowthIsSuspectFromWatchOn) {
  Draw draw = sick_draw("gradient_scale_coefficient", 20);
  draw.readings.push_back(scalar_reading("gradient_growth", 1.16));
  draw.readings.push_back(scalar_reading("gradient_growth_fit", .99));
  const auto suspicion = [&](const Draw& one) {
    const RuleRecord& rule = *std::find_if(rules().begin(), rules().end(),
                                           [](const RuleRecord& each) { return each.id == "exploding"; });
    const auto finding = rule.judge(examination_of({one}), one, Thresholds(), {});
    return finding ? finding->severity : Severity::info;
  };
  EXPECT_EQ(suspicion(draw), Severity::critical);
  reading(draw, "gradient_growth_fit").values = {.9};
  EXPECT_EQ(suspicion(draw), Severity::watch);
  reading(draw, "gradient_growth_fit").values = {.99};
  reading(draw, "gradient_scale_coefficient").values = {9, 1};
  EXPECT_EQ(suspicion(draw), Severity::info) << "so little harms nobody";
}

TEST(Diagnose, WhatFiniteWidthExplainsAsksForWidth) {
  Draw draw = sick_draw("gradient_scale_coefficient", 30);
  draw.readings.push_back(scalar_reading("inverse_width", 2 * std::log(20)));  // a floor of 20
  Examination examination = examination_of({draw});
  const Finding finding = diagnose(examination, Thresholds()).findings.at(0);
  EXPECT_EQ(finding.id, "exploding");
  EXPECT_EQ(finding.severity, Severity::watch);
  // 10 hidden layers: 10 / (2 log 20) = 1.67 units each, times log 20 / log 1.5 = 7.39: 12.3.
  EXPECT_THAT(finding.next, testing::HasSubstr("13 units wide"));
  examination.initializer = "orthogonal";
  EXPECT_THAT(diagnose(examination, Thresholds()).findings.at(0).next,
              testing::Not(testing::HasSubstr("units wide")));
}

TEST(Diagnose, AddedSkipsComeWithThePredictedGrowth) {
  Draw draw = sick_draw("gradient_scale_coefficient", 1000);
  draw.readings.push_back(scalar_reading("gradient_growth", 1.4));
  reading(draw, "gradient_scale_coefficient").x = {0, 2};
  Examination examination = examination_of({draw});
  examination.normalizes_batch = true;
  // r^2 - 1 = .96: sqrt(1 + .96/26) sqrt(1 + .96/27) at beta .2.
  const Remedy remedy = diagnose(examination, Thresholds()).findings.at(0).remedies.at(0);
  EXPECT_EQ(remedy.kind, Remedy::Kind::add_skips);
  EXPECT_EQ(remedy.value, .2);
  EXPECT_NEAR(remedy.promise->value, std::sqrt((1 + .96 / 26) * (1 + .96 / 27)), 1e-9);
  EXPECT_EQ(remedy.now, 1000);
}

TEST(Diagnose, SkipsThatDoNotGrowAreUndilutedWhereGradientsExplode) {
  Draw draw = sick_draw("end_to_end_gain", 50);
  std::vector<double> sums(16), constant(16, 1.0), rising(16);
  for (size_t b = 0; b < 16; ++b) {
    sums[b] = static_cast<double>(b + 1);
    rising[b] = std::sqrt(sums[b]);
  }
  draw.readings.push_back(curve_reading("dilution", "depth", sums, constant));
  const Diagnosis diagnosis = diagnose(examination_of({draw}), Thresholds());
  const Finding* finding = find(diagnosis, "undiluted_skips");
  ASSERT_NE(finding, nullptr);
  // 50^(1/8) = 1.631 of squared gain per block, .631 by the branch, a 16th of it when that is a
  // quarter: 1.0394^8.
  EXPECT_THAT(finding->next,
              testing::HasSubstr("every residual branch by 0.25: end to end gain 1.36, predicted; now 50"));
  reading(draw, "dilution").values = rising;
  EXPECT_EQ(find(diagnose(examination_of({draw}), Thresholds()), "undiluted_skips"), nullptr);
  reading(draw, "dilution").values = constant;
  reading(draw, "end_to_end_gain").values = {2};
  EXPECT_TRUE(diagnose(examination_of({draw}), Thresholds()).findings.empty());
}

TEST(Diagnose, TheFirstNonFiniteNumberNamesItsNode) {
  Draw draw = healthy_draw();
  draw.non_finite = NonFinite{.what = "nan", .node = "Log_3", .op = "Log", .inputs = {{"x", -1, 2, 0, 10}}};
  const Diagnosis diagnosis = diagnose(examination_of({draw}), Thresholds());
  const Finding* finding = find(diagnosis, "non_finite");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->headline, testing::HasSubstr("Log_3"));
  EXPECT_THAT(finding->next, testing::HasSubstr("[-1, 2]"));
  EXPECT_TRUE(diagnosis.healthy.empty());
}

std::vector<Remedy> remedies_of(const NonFinite& found, bool initial_weights = true) {
  Draw draw = healthy_draw();
  draw.non_finite = found;
  Examination examination = examination_of({draw});
  examination.initial_weights = initial_weights;
  return find(diagnose(examination, Thresholds()), "non_finite")->remedies;
}

TEST(Diagnose, WeightsOfAnotherVarianceAreAdvisedWhereLayersHaveMadeTheInfinity) {
  const ValueRange weight{"w", -1, 1, 0, 64};
  const NonFinite grown{
      .what = "inf", .node = "l7", .op = "Gemm", .layer = 7, .inputs = {{"x", -3e37, 2e38, 0, 80}, weight}};
  const std::vector<Remedy> advised = remedies_of(grown);
  ASSERT_EQ(advised.size(), 2U);
  EXPECT_EQ(advised[0].kind, Remedy::Kind::redraw);
  EXPECT_EQ(advised[0].scheme, "he");
  EXPECT_EQ(advised[1].kind, Remedy::Kind::look_at);

  const auto expect_look_alone = [&](const NonFinite& found, const char* what, bool initial_weights = true) {
    const std::vector<Remedy> remedies = remedies_of(found, initial_weights);
    ASSERT_EQ(remedies.size(), 1U) << what;
    EXPECT_EQ(remedies[0].kind, Remedy::Kind::look_at) << what;
  };
  NonFinite other = grown;
  other.inputs[0] = {"x", -3, 2, 0, 80};
  other.inputs[1].not_finite = 1;
  expect_look_alone(other, "a NaN among the weights");
  other.inputs[1].not_finite = 0;
  expect_look_alone(other, "an operation that made it of small numbers");
  other = grown;
  other.layer = 1;
  expect_look_alone(other, "inputs as large as that");
  expect_look_alone({.what = "nan", .node = "input", .inputs = {{"input", 0, 1, 3, 80}}},
                    "a NaN in the inputs");
  other = grown;
  other.backward = true;
  expect_look_alone(other, "the gradient alone");
  expect_look_alone(grown, "weights that were trained", false);
}

TEST(Diagnose, AFoldedExportIsSaidWithoutAlarm) {
  Examination examination = examination_of({healthy_draw()});
  examination.is_folded = true;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].severity, Severity::info);
  EXPECT_THAT(diagnosis.findings[0].next, testing::HasSubstr("PRESERVE"));
  examination.is_folded = false;
  examination.norms_put_back = 3;
  const Diagnosis whole = diagnose(examination, Thresholds());
  ASSERT_EQ(whole.findings.size(), 1U);
  EXPECT_THAT(whole.findings[0].headline, testing::HasSubstr("3 layers"));
  EXPECT_EQ(whole.findings[0].severity, Severity::info);
}

TEST(Diagnose, AShallowTwinThatForgetsTooTakesTheAlarmBack) {
  Examination examination = examination_of({sick_draw("correlation_length", .01)});
  examination.shallow_twin = scalar_reading("correlation_length", .1);
  EXPECT_EQ(diagnose(examination, Thresholds()).findings.at(0).severity, Severity::watch);
}

TEST(Diagnose, TheNumberOfInputsAndOutputsDoesNotMatter) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", .05)});
  examination.input_numbers = 3200;  // 8 of 3,200: an orthogonal map's gain is .05
  EXPECT_TRUE(diagnose(examination, Thresholds()).findings.empty());
}

TEST(Diagnose, NoGradientIsNoHealthySize) {
  const Diagnosis diagnosis = diagnose(examination_of({sick_draw("end_to_end_gain", 0)}), Thresholds());
  for (const std::string& phrase : diagnosis.healthy)
    EXPECT_THAT(phrase, testing::Not(testing::HasSubstr("size")));
}

TEST(Diagnose, ATrainedNetworkMayBeSteep) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 20)});
  examination.initial_weights = false;
  EXPECT_TRUE(diagnose(examination, Thresholds()).findings.empty());
}

TEST(Diagnose, UnitsOfATrainedNetworkMayBeSilentOnForeignInputs) {
  Examination examination = examination_of({sick_draw("bimodality", .99)});
  examination.initial_weights = false;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].severity, Severity::watch);
  EXPECT_TRUE(diagnosis.findings[0].next.empty()) << "new weights are no advice for trained ones";
}

TEST(Diagnose, ALengthBeyondTheWholeWayIsHealthyWhateverItsNumber) {
  Draw draw = sick_draw("correlation_length", 1);
  reading(draw, "correlation_length").bound = ">";
  EXPECT_TRUE(diagnose(examination_of({draw}), Thresholds()).findings.empty());
}

}  // namespace
}  // namespace shatterproof::diagnose_test
