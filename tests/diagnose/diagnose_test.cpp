// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/diagnose/catalog.h"

namespace shatterproof {
namespace {

// Readings as a healthy network of 10 layers gives them, to be made sick one at a time.
Draw healthy_draw() {
  Draw draw;
  draw.readings = {scalar_reading("correlation_length", .6),
                   scalar_reading("gradient_signal_to_noise", 1),
                   curve_reading("gradient_correlation", "depth", {1, 2}, {.5, 1}),
                   scalar_reading("end_to_end_gain", 1),
                   curve_reading("gradient_mean_square", "depth", {1, 2}, {1, 1}),
                   curve_reading("preactivation_std", "depth", {1, 2}, {1, 1}),
                   curve_reading("activation_fraction", "depth", {1, 2}, {.5, .5}),
                   curve_reading("bimodality", "depth", {1, 2}, {0, 0})};
  return draw;
}

Reading& reading(Draw& draw, const std::string& name) {
  for (Reading& reading : draw.readings) {
    if (reading.name == name) return reading;
  }
  throw std::invalid_argument(name);
}

Examination examination_of(const std::vector<Draw>& draws) {
  Examination examination;
  examination.structure = structure(build_family("feedforward:depth=10,width=8,input=8"));
  examination.examples = 259;  // the floor is 1/16
  examination.input_numbers = 8;
  examination.output_numbers = 8;
  examination.draws = draws;
  examination.mean = draws.front();
  return examination;
}

Draw sick_draw(const std::string& name, double value) {
  Draw draw = healthy_draw();
  reading(draw, name).values[0] = value;
  return draw;
}

const Finding* find(const Diagnosis& diagnosis, const std::string& id) {
  for (const Finding& finding : diagnosis.findings) {
    if (finding.id == id) return &finding;
  }
  return nullptr;
}

TEST(Diagnose, AMeanGradientAtItsFloorIsNoise) {
  const Diagnosis diagnosis =
      diagnose(examination_of({sick_draw("gradient_signal_to_noise", 1.1 / 16)}), Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].id, "white_minibatch");
  EXPECT_THAT(diagnosis.findings[0].next, testing::HasSubstr("larger batch"));
  const Draw above = sick_draw("gradient_signal_to_noise", 1.3 / 16);
  EXPECT_TRUE(diagnose(examination_of({above}), Thresholds()).findings.empty());
  Draw white_everywhere = sick_draw("gradient_signal_to_noise", 1. / 16);
  reading(white_everywhere, "gradient_correlation").values = {0, 0};
  EXPECT_TRUE(diagnose(examination_of({white_everywhere}), Thresholds()).findings.empty());
}

TEST(Diagnose, AHealthyNetworkGetsNoFinding) {
  const Diagnosis diagnosis = diagnose(examination_of({healthy_draw()}), Thresholds());
  EXPECT_TRUE(diagnosis.findings.empty());
  EXPECT_EQ(diagnosis.healthy.size(), 5U) << "finite, neighbours, size, every layer, activations";
}

TEST(Diagnose, EveryRuleFindsItsSickness) {
  const struct {
    const char *name, *id;
    double watch, critical;
  } cases[] = {{"correlation_length", "shattered", .1, .01},
               {"end_to_end_gain", "exploding", 20, 200},
               {"end_to_end_gain", "vanishing", .05, .005},
               {"bimodality", "redundant_units", .6, .95}};
  for (const auto& sick : cases) {
    const Diagnosis watch = diagnose(examination_of({sick_draw(sick.name, sick.watch)}), Thresholds());
    const Diagnosis critical = diagnose(examination_of({sick_draw(sick.name, sick.critical)}), Thresholds());
    ASSERT_EQ(watch.findings.size(), 1U) << sick.id;
    ASSERT_EQ(critical.findings.size(), 1U) << sick.id;
    EXPECT_EQ(watch.findings[0].id, sick.id);
    EXPECT_EQ(watch.findings[0].severity, Severity::watch) << sick.id;
    EXPECT_EQ(critical.findings[0].severity, Severity::critical) << sick.id;
    EXPECT_FALSE(critical.findings[0].why.empty() || critical.findings[0].next.empty()) << sick.id;
    EXPECT_FALSE(critical.findings[0].evidence.empty()) << sick.id;
  }
}

TEST(Diagnose, AZeroGradientAndAConstantSignalAreDeadLayers) {
  for (const char* name : {"gradient_mean_square", "preactivation_std"}) {
    Draw draw = sick_draw(name, 0);
    reading(draw, name).x_labels = {"conv_7", "conv_8"};
    const Diagnosis diagnosis = diagnose(examination_of({draw}), Thresholds());
    const Finding* finding = find(diagnosis, "dead_layer");
    ASSERT_NE(finding, nullptr) << name;
    EXPECT_EQ(finding->severity, Severity::critical);
    EXPECT_THAT(finding->headline, testing::HasSubstr("conv_7"));
  }
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

TEST(Diagnose, AFoldedExportIsSaidWithoutAlarm) {
  Examination examination = examination_of({healthy_draw()});
  examination.is_folded = true;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.findings[0].severity, Severity::info);
  EXPECT_THAT(diagnosis.findings[0].next, testing::HasSubstr("PRESERVE"));
}

TEST(Diagnose, HalfOfTheDrawsDecideHowSevereAFindingIs) {
  const Draw good = healthy_draw(), watch = sick_draw("correlation_length", .1),
             critical = sick_draw("correlation_length", .01);
  EXPECT_TRUE(diagnose(examination_of({good, good, critical}), Thresholds()).findings.empty());
  const Diagnosis one_half = diagnose(examination_of({watch, critical, good, good}), Thresholds());
  ASSERT_EQ(one_half.findings.size(), 1U);
  EXPECT_EQ(one_half.findings[0].severity, Severity::watch);
  EXPECT_EQ(one_half.findings[0].confidence, "watch in 2 of 4 draws");
  const Diagnosis most = diagnose(examination_of({critical, critical, watch}), Thresholds());
  EXPECT_EQ(most.findings[0].confidence, "critical in 2 of 3 draws");
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

TEST(Diagnose, InputsOfAnotherScaleAreToBeScaled) {
  Examination examination = examination_of({sick_draw("end_to_end_gain", 70)});
  examination.input_std = 70;
  const Diagnosis diagnosis = diagnose(examination, Thresholds());
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_THAT(diagnosis.findings[0].next, testing::HasSubstr("scale the inputs"));
  examination.input_std = 1;
  examination.initializer = "he";
  EXPECT_THAT(diagnose(examination, Thresholds()).findings.at(0).next,
              testing::Not(testing::HasSubstr("--init he")));
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
  EXPECT_THAT(diagnosis.findings[0].next, testing::HasSubstr("--inputs"));
}

TEST(Diagnose, ALengthBeyondTheWholeWayIsHealthyWhateverItsNumber) {
  Draw draw = sick_draw("correlation_length", 1);
  reading(draw, "correlation_length").bound = ">";
  EXPECT_TRUE(diagnose(examination_of({draw}), Thresholds()).findings.empty());
}

}  // namespace
}  // namespace shatterproof
