// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_table.h"

#include <gmock/gmock.h>

namespace shatterproof::sweep_table_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Study parse(const std::string& sweep, bool quick = false) {
  return parse_study("title = \"t\"\n" + sweep, "x", quick);
}

constexpr const char* kHead = "[sweep]\nmeasure = \"gradient_correlation\"\nseeds = 2\n";

std::string of(const std::string& rest) {
  return kHead + rest;
}

std::vector<std::string> names(const Study& study) {
  std::vector<std::string> names;
  for (const StudyCase& one : study.cases) names.push_back(one.name);
  return names;
}

std::string refusal(const std::string& sweep, bool quick = false) {
  try {
    parse(sweep, quick);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(SweepTable, HasACaseForEachCombinationTheLastAxisFastest) {
  const Study study =
      parse(of("network = \"feedforward:width=8\"\n"
               "[sweep.axes]\nnorm = [\"none\", \"batch\"]\ndepth = [2, 4]\n"));
  EXPECT_THAT(names(study), ElementsAre("norm none, depth 2", "norm none, depth 4", "norm batch, depth 2",
                                        "norm batch, depth 4"));
  const StudyCase& last = study.cases.back();
  EXPECT_EQ(*network_of(last.source), "feedforward:width=8,norm=batch,depth=4");
  EXPECT_EQ(last.at.at("depth"), 4);
  EXPECT_EQ(last.choices.at("norm"), "batch");
  EXPECT_EQ(last.seeds, 2);
  EXPECT_THAT(last.cell, ElementsAre(1U, 1U));
  ASSERT_EQ(study.axes.size(), 2U);
  EXPECT_EQ(study.axes[0].name, "norm");
  EXPECT_THAT(study.axes[1].values, ElementsAre("2", "4"));
}

TEST(SweepTable, AnAxisStandsWhereItsNameIsInBraces) {
  const Study study = parse(
      "[settings]\ninputs = \"images:{count}\"\nmeasure = \"train_loss\"\n"
      "[sweep]\nnetwork = \"thin:depth=6\"\ninitializer = \"gaussian:std={std}\"\n"
      "train = { epochs = 1, learning_rate = \"{rate}\", augment = \"none\" }\n"
      "[sweep.axes]\nstd = [0.5]\nrate = { log = [1e-4, 1e-2], count = 3 }\ncount = [16]\n");
  ASSERT_EQ(study.cases.size(), 3U);
  EXPECT_EQ(study.cases[1].initializer, "gaussian:std=0.5");
  EXPECT_EQ(study.cases[1].inputs, "images:16");
  EXPECT_EQ(std::get<TrainedNetwork>(study.cases[1].source).training.learning_rate, .001);
  EXPECT_EQ(study.cases[1].name, "std 0.5, rate 0.001, count 16");
}

TEST(SweepTable, ARangeIsRoundedSoThatEveryMachineHasTheSame) {
  const auto values = [](const std::string& range) {
    return parse(of("network = \"feedforward\"\ninitializer = \"gaussian:std={std}\"\n[sweep.axes]\nstd = " +
                    range + "\n"))
        .axes[0]
        .values;
  };
  EXPECT_THAT(values("{ log = [1, 1000], count = 4 }"), ElementsAre("1", "10", "100", "1000"));
  EXPECT_THAT(values("{ log = [1, 2], count = 3 }"), ElementsAre("1", "1.41421", "2"));
  EXPECT_THAT(values("{ linear = [0, 1], count = 4 }"), ElementsAre("0", "0.333333", "0.666667", "1"));
  EXPECT_THAT(values("{ linear = [2, 1], count = 3 }"), ElementsAre("2", "1.5", "1"));
  EXPECT_THAT(values("{ log = [1, 8], count = 7, whole = true }"), ElementsAre("1", "2", "3", "4", "6", "8"));
}

TEST(SweepTable, LeavesOutWhatEveryAxisOfAnExclusionHas) {
  const Study study = parse(
      of("network = \"feedforward\"\n"
         "exclude = [{ depth = { at_least = 4 }, norm = \"none\" }, { depth = [2, 3], norm = \"batch\" }]\n"
         "[sweep.axes]\ndepth = [2, 3, 4, 5]\nnorm = [\"none\", \"batch\"]\n"));
  EXPECT_THAT(names(study), ElementsAre("depth 2, norm none", "depth 3, norm none", "depth 4, norm batch",
                                        "depth 5, norm batch"));
}

TEST(SweepTable, AClaimSpeaksOfTheCombinationsThatItNames) {
  const Study study =
      parse(of("network = \"feedforward\"\n"
               "[sweep.axes]\ndepth = [2, 3]\nnorm = [\"none\", \"batch\"]\n"
               "[[sweep.claim]]\nwhere = { norm = \"batch\" }\nrelation = \"at_most\"\n"
               "expected = 1\nprovenance = \"D\"\n"));
  for (const StudyCase& one : study.cases)
    EXPECT_EQ(one.claims.size(), one.choices.at("norm") == "batch" ? 1U : 0U) << one.name;
}

TEST(SweepTable, QuickHasItsOwnValues) {
  const std::string sweep =
      of("network = \"feedforward\"\nexclude = [{ depth = 50 }]\n"
         "[sweep.axes]\ndepth = [2, 10, 50]\n"
         "[quick]\nmost_seeds = 1\naxes = { depth = [3] }\n");
  EXPECT_THAT(names(parse(sweep)), ElementsAre("depth 2", "depth 10"));
  EXPECT_THAT(names(parse(sweep, true)), ElementsAre("depth 3"));
  EXPECT_EQ(parse(sweep, true).cases[0].seeds, 1);
}

TEST(SweepTable, StandsBesideCases) {
  const Study study = parse(
      "[settings]\nmeasure = \"gradient_correlation\"\n"
      "[[case]]\nname = \"a\"\nnetwork = \"feedforward\"\n"
      "[sweep]\nname = \"s\"\nnetwork = \"residual\"\n[sweep.axes]\ndepth = [2]\n");
  EXPECT_THAT(names(study), ElementsAre("a", "s, depth 2"));
}

TEST(SweepTable, RefusesInOneLineWhatItCannotMean) {
  const std::string network = "network = \"feedforward\"\n", axes = "[sweep.axes]\n";
  EXPECT_THAT(refusal(of(network)), HasSubstr("study x, [sweep]: needs axes"));
  EXPECT_THAT(refusal(of(network + axes + "depth = 2\n")), HasSubstr("axis depth: must be a list of values"));
  EXPECT_THAT(refusal(of(network + axes + "depth = []\n")), HasSubstr("axis depth: must have a value"));
  EXPECT_THAT(refusal(of(network + axes + "depth = [2, 2]\n")),
              HasSubstr("every value is there once; got 2"));
  EXPECT_THAT(refusal(of(network + axes + "depth = [nan]\n")), HasSubstr("finite number"));
  EXPECT_THAT(refusal(of(network + axes + "\"a b\" = [1]\n")), HasSubstr("letters, digits and _"));
  EXPECT_THAT(refusal(of(axes + "depth = [2]\n")),
              HasSubstr("axis depth is no option of a network: write {depth}"));
  EXPECT_THAT(refusal(of("network = \"feedforward:width={widht}\"\n" + axes + "width = [2]\n")),
              HasSubstr("unknown axis 'widht'; did you mean 'width'?"));
  EXPECT_THAT(refusal(of("network = \"feedforward:width={width\"\n" + axes + "width = [2]\n")),
              HasSubstr("a brace that opens must close"));
  EXPECT_THAT(refusal(of(network + "temperature = 1\n" + axes + "depth = [2]\n")),
              HasSubstr("depth 2: unknown key 'temperature'"));
  EXPECT_THAT(refusal(of(network + "exclude = [{ dpeth = 2 }]\n" + axes + "depth = [2, 3]\n")),
              HasSubstr("exclude 1: unknown axis 'dpeth'"));
  EXPECT_THAT(refusal(of(network + "exclude = [{ depth = 4 }]\n" + axes + "depth = [2, 3]\n")),
              HasSubstr("unknown value of depth '4'"));
  EXPECT_THAT(refusal(of(network + "exclude = [{ depth = {} }]\n" + axes + "depth = [2, 3]\n")),
              HasSubstr("give at_least, at_most or both"));
  EXPECT_THAT(
      refusal(of(network + "exclude = [{ norm = { at_most = 1 } }]\n" + axes + "norm = [\"none\"]\n")),
      HasSubstr("speak of numbers; got none"));
  EXPECT_THAT(refusal(of(network + "exclude = [{ depth = 2 }]\n" + axes + "depth = [2]\n")),
              HasSubstr("exclude must leave a combination"));
}

TEST(SweepTable, RefusesRangesThatAreNone) {
  const auto range = [](const std::string& text) {
    return refusal(of("network = \"feedforward\"\n[sweep.axes]\ndepth = " + text + "\n"));
  };
  EXPECT_THAT(range("{ count = 3 }"), HasSubstr("log or linear"));
  EXPECT_THAT(range("{ log = [1, 2], linear = [1, 2], count = 3 }"), HasSubstr("got both"));
  EXPECT_THAT(range("{ log = [1], count = 3 }"), HasSubstr("two ends; got 1"));
  EXPECT_THAT(range("{ log = [0, 1], count = 3 }"), HasSubstr("above 0"));
  EXPECT_THAT(range("{ linear = [0, inf], count = 3 }"), HasSubstr("finite"));
  EXPECT_THAT(range("{ linear = [0, 1], count = 1 }"), HasSubstr("from 2 to"));
  EXPECT_THAT(range("{ linear = [0, 1] }"), HasSubstr("from 2 to"));
  EXPECT_THAT(range("{ linear = [0, 1], step = 2 }"), HasSubstr("unknown key 'step'"));
  EXPECT_THAT(range("{ linear = [1, 1], count = 2 }"), HasSubstr("every value is there once"));
}

TEST(SweepTable, RefusesMoreThanAMachineHolds) {
  EXPECT_THAT(
      refusal(of("network = \"feedforward\"\n[sweep.axes]\n"
                 "a = { linear = [1, 1000], count = 1000 }\nb = { linear = [1, 1000], count = 1000 }\n")),
      HasSubstr("at most 100000 combinations"));
  EXPECT_THAT(refusal("[settings]\nseeds = 1000000\nmeasure = \"gradient_correlation\"\n"
                      "[sweep]\nnetwork = \"feedforward\"\n[sweep.axes]\ndepth = [2, 3]\n"),
              HasSubstr("seeds in all"));
}

TEST(SweepTable, QuickAxesAreThoseOfTheSweep) {
  EXPECT_THAT(
      refusal(of("network = \"feedforward\"\n[sweep.axes]\ndepth = [2]\n[quick]\naxes = { norm = [1] }\n"),
              true),
      HasSubstr("[quick]: unknown axis 'norm'"));
  EXPECT_THAT(
      refusal("[[case]]\nname = \"a\"\nnetwork = \"feedforward\"\nmeasure = \"gradient_correlation\"\n"
              "[quick]\naxes = { norm = [1] }\n",
              true),
      HasSubstr("axes are those of a [sweep]"));
}

TEST(SweepTable, CheckingIsASettingAndNeedsANetworkThatIsDrawn) {
  const Study study = parse("[sweep]\nnetwork = \"feedforward\"\ncheck = true\n[sweep.axes]\ndepth = [2]\n");
  EXPECT_TRUE(study.cases[0].check);
  EXPECT_THAT(to_toml(study.cases[0]), HasSubstr("check = true"));
  EXPECT_THAT(refusal("[[case]]\nname = \"a\"\nnoise = \"white\"\ncheck = true\n"),
              HasSubstr("what is checked"));
  EXPECT_THAT(refusal("[[case]]\nname = \"a\"\nnetwork = \"feedforward\"\n"),
              HasSubstr("unless check = true"));
}

}  // namespace
}  // namespace shatterproof::sweep_table_test
