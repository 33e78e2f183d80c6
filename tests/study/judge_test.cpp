// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "study/significance.h"

namespace shatterproof::judge_test {
namespace {

using Relation = StudyClaim::Relation;
using Quantity = StudyClaim::Quantity;
using testing::HasSubstr;

Reading curve(std::vector<double> values, double standard_error) {
  Reading reading = curve_reading("gradient_autocorrelation", "lag", {0, 1, 2}, std::move(values));
  reading.standard_error = {0, standard_error, standard_error};
  reading.n = 25;
  return reading;
}

Claim judged(const StudyClaim& claim, CaseResult result) {
  Study study;
  study.cases.push_back(
      {.name = "a", .source = DrawnNetwork{"feedforward:width=100,depth=2"}, .claims = {claim}});
  return judge(study, {std::move(result)}).at(0);
}

StudyClaim at_lag_1(double expected) {
  return {.reading = "gradient_autocorrelation", .at = 1, .expected = expected};
}

TEST(Judge, AllowsFourStandardErrorsOfBoth) {
  const CaseResult result{.readings = {curve({1, .5, .2}, .03)}};
  const double four = student_factor(4, 25);  // as likely as four where they are known
  StudyClaim claim = at_lag_1(.5 + four * .05 - 1e-9);
  claim.expected_standard_error = .04;  // with .03 of the measured: .05
  EXPECT_TRUE(judged(claim, result).pass);
  EXPECT_NEAR(judged(claim, result).tolerance, .05 * four, 1e-12);
  EXPECT_NEAR(four, 4.834, 1e-3);
  claim.expected = .5 + four * .05 + 1e-9;
  EXPECT_FALSE(judged(claim, result).pass);
  claim.expected = .5 - four * .05 - 1e-9;
  EXPECT_FALSE(judged(claim, result).pass);
}

TEST(Judge, TakesTheSpreadOfTheExpectedFromAsManyOfOurNetworks) {
  StudyClaim claim = at_lag_1(.5);
  claim.expected_seeds = 100;
  const Claim result = judged(claim, {.readings = {curve({1, .5, .2}, .03)}});
  EXPECT_NEAR(*result.expected_standard_error, .03 * std::sqrt(25. / 100), 1e-12);
}

// A geometric mean m whose logarithm has the standard error s.
Reading scale(double m, double s) {
  Reading reading = curve_reading("gradient_scale_coefficient", "depth", {0, 2, 3}, {m, m / 1.2, 1});
  reading.standard_error = {s * m, s * m / 1.2, 0};
  reading.over_seeds = SeedMean::geometric;
  reading.n = 25;
  return reading;
}

StudyClaim of_scale(double expected) {
  return {.reading = "gradient_scale_coefficient", .at = 0, .expected = expected};
}

TEST(Judge, JudgesGeometricMeansByTheirLogarithm) {
  const double allowed = .1 * student_factor(4, 25);
  StudyClaim claim = of_scale(100 * std::exp(allowed) * 1.001);
  claim.expected_seeds = 25;  // spreads as ours: sqrt(2) .0707 = .1 of the logarithm
  const CaseResult result{.readings = {scale(100, .1 / std::sqrt(2.))}};
  const Claim above = judged(claim, result);
  EXPECT_TRUE(above.logarithmic);
  EXPECT_NEAR(above.tolerance, allowed, 1e-12);
  EXPECT_FALSE(above.pass);
  claim.expected = 100 * std::exp(allowed) / 1.001;
  EXPECT_TRUE(judged(claim, result).pass);
  claim.expected = 100 * std::exp(-allowed) * 1.001;
  EXPECT_TRUE(judged(claim, result).pass) << "a factor below as above";
  claim.expected = 100 * std::exp(-allowed) / 1.001;
  EXPECT_FALSE(judged(claim, result).pass);
}

TEST(Judge, TheUsualToleranceHasAFloorWhereTheClaimSaysSo) {
  const CaseResult result{.readings = {scale(100, .001)}};
  StudyClaim claim = of_scale(104.9);
  EXPECT_FALSE(judged(claim, result).pass);
  claim.least_relative_tolerance = .05;
  EXPECT_TRUE(judged(claim, result).pass);
  claim.expected = 105.1;
  EXPECT_FALSE(judged(claim, result).pass);
  StudyClaim arithmetic = at_lag_1(.52);
  EXPECT_FALSE(judged(arithmetic, {.readings = {curve({1, .5, .2}, .001)}}).pass);
  arithmetic.least_relative_tolerance = .05;
  EXPECT_TRUE(judged(arithmetic, {.readings = {curve({1, .5, .2}, .001)}}).pass);
}

TEST(Judge, AFactorIsAllowedBothWays) {
  const CaseResult result{.readings = {scale(100, 1)}};
  for (const auto& [expected, holds] :
       {std::pair(51., true), std::pair(199., true), std::pair(49., false), std::pair(201., false)}) {
    StudyClaim claim = of_scale(expected);
    claim.factor = 2;
    EXPECT_EQ(judged(claim, result).pass, holds) << expected;
  }
}

TEST(Judge, GrowthOverABlockIsWhatDilutionLeavesOfTheBranchsOwn) {
  Study study;
  StudyClaim diluted{.reading = "gradient_scale_coefficient",
                     .at = 0,
                     .quantity = Quantity::block_growth,
                     .diluted = "branch"};
  diluted.relative_tolerance = 1e-9;
  study.cases.push_back({.name = "block", .source = DrawnNetwork{"residual"}, .claims = {diluted}});
  study.cases.push_back({.name = "branch", .source = DrawnNetwork{"residual"}});
  CaseResult branch{.readings = {scale(1.44, 0)}};  // grows by 1.2
  CaseResult block = branch;
  // k = 2: sqrt(1 + .44 / 5)
  block.readings[0].values = {1.5 * std::sqrt(1.088), 1.5, 1};
  block.readings.push_back(curve_reading("dilution", "depth", {2}, {2}));
  EXPECT_TRUE(judge(study, {block, branch})[0].pass);
  EXPECT_NEAR(judge(study, {block, branch})[0].measured, std::sqrt(1.088), 1e-12);
  block.readings[1].values = {2.1};
  EXPECT_FALSE(judge(study, {block, branch})[0].pass);
  block.readings.pop_back();
  EXPECT_THAT(judge(study, {block, branch})[0].sentence, HasSubstr("no dilution measured behind 0"));
}

TEST(Judge, SaysWhatIsClaimedOfWhichCase) {
  const Claim number = judged(at_lag_1(.5), {.readings = {curve({1, .5, .2}, .03)}});
  EXPECT_EQ(number.case_name, "a");
  EXPECT_EQ(number.sentence, "gradient_autocorrelation at lag 1 equals 0.5");
  StudyClaim least = at_lag_1(.25);
  least.relation = Relation::at_least;
  EXPECT_EQ(judged(least, {.readings = {curve({1, .5, .2}, .03)}}).sentence,
            "gradient_autocorrelation at lag 1 is at least 0.25");
}

TEST(Judge, CountsTheRoundingOfWhatIsExpected) {
  StudyClaim claim = at_lag_1(.5);
  claim.digit = .01;
  const Claim result = judged(claim, {.readings = {curve({1, .5, .2}, 0)}});
  EXPECT_NEAR(*result.expected_standard_error, .01 / std::sqrt(12.), 1e-12);
}

TEST(Judge, InequalitiesAskForTheRightSideByTheirMargin) {
  const CaseResult result{.readings = {curve({1, .5, .2}, .03)}};
  StudyClaim claim = at_lag_1(.45);
  claim.relation = Relation::at_least;
  claim.standard_errors = 0;
  EXPECT_TRUE(judged(claim, result).pass);
  claim.standard_errors = 2;
  EXPECT_FALSE(judged(claim, result).pass) << ".05 is less than two standard errors";
  claim.relation = Relation::at_most;
  claim.standard_errors = 0;
  EXPECT_FALSE(judged(claim, result).pass);
}

TEST(Judge, ComparesWithAnotherCaseAndWithATheory) {
  Study study;
  StudyClaim than{.reading = "gradient_autocorrelation", .at = 1, .relation = Relation::at_most, .than = "b"};
  StudyClaim predicted{.reading = "gradient_autocorrelation", .at = 2, .prediction = "gaussian_process"};
  predicted.tolerance = .02;
  study.cases.push_back({.name = "a", .source = DrawnNetwork{"shallow"}, .claims = {than, predicted}});
  study.cases.push_back({.name = "b", .source = DrawnNetwork{"shallow"}});
  CaseResult a{.readings = {curve({1, .5, .2}, .01)}}, b{.readings = {curve({1, .9, .2}, .01)}};
  a.predictions.push_back({curve({1, .4, .21}, 0), "gaussian_process", ""});
  const std::vector<Claim> claims = judge(study, {a, b});
  EXPECT_TRUE(claims[0].pass);
  EXPECT_EQ(claims[0].expected, .9);
  EXPECT_TRUE(claims[1].pass);
  EXPECT_EQ(claims[1].expected, .21);
}

TEST(Judge, CountsChangesOfACurveBeyondRounding) {
  StudyClaim claim{.reading = "gradient_trace", .quantity = Quantity::changes, .expected = 2};
  claim.tolerance = 0;
  const Reading trace = curve_reading("gradient_trace", "input", {0, 1, 2, 3, 4}, {1, 1 + 1e-6, 3, 3, 2});
  EXPECT_TRUE(judged(claim, {.readings = {trace}}).pass);
  claim.expected = 3;
  EXPECT_FALSE(judged(claim, {.readings = {trace}}).pass);
}

TEST(Judge, WhatFiniteWidthAddsIsMultipliedByTheWidth) {
  StudyClaim claim = at_lag_1(10);
  claim.quantity = Quantity::excess_times_width;
  claim.prediction = "arc_cosine";
  claim.tolerance = 1e-9;
  CaseResult result{.readings = {curve({1, .5, .2}, .01)}};
  result.predictions.push_back({curve({1, .4, .2}, 0), "arc_cosine", ""});
  EXPECT_TRUE(judged(claim, result).pass);
}

TEST(Judge, TogetherCountsOnlyNumbersThatVaryOverSeeds) {
  Study study;
  study.cases.push_back({.name = "a", .source = DrawnNetwork{"feedforward:width=100,depth=2"}});
  for (const double lag : {0, 1, 2}) {
    StudyClaim claim = at_lag_1(lag == 0 ? 1 : .3);
    claim.at = lag;
    study.cases[0].claims.push_back(claim);
  }
  CaseResult result{.readings = {curve({1, .5, .2}, .03)}};
  result.draws = {{1, 1, 1, 1, 1}, {.5, .4, .6, .5, .45}, {.2, .1, .25, .3, .15}};
  const std::vector<Claim> claims = judge(study, {result});
  ASSERT_EQ(claims.size(), 4U);
  EXPECT_THAT(claims[3].sentence,
              testing::StartsWith("all 2 numbers together are within their errors: F(2, 3) "));
}

TEST(Judge, AMissingOrUndefinedReadingFailsAndSaysWhy) {
  const Claim missing = judged(at_lag_1(.5), {});
  EXPECT_FALSE(missing.pass);
  EXPECT_TRUE(std::isnan(missing.measured));
  EXPECT_THAT(missing.sentence, HasSubstr("no reading of gradient_autocorrelation"));
  const Reading undefined =
      undefined_reading("gradient_autocorrelation", ReadingType::curve, "gradient is constant");
  EXPECT_THAT(judged(at_lag_1(.5), {.readings = {undefined}}).sentence, HasSubstr("gradient is constant"));
  StudyClaim elsewhere = at_lag_1(.5);
  elsewhere.at = 7;
  EXPECT_THAT(judged(elsewhere, {.readings = {curve({1, .5, .2}, 0)}}).sentence, HasSubstr("no value at 7"));
}

}  // namespace
}  // namespace shatterproof::judge_test
