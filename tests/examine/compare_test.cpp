// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <sstream>

#include "examine/student.h"

namespace shatterproof::compare_test {
namespace {

using testing::HasSubstr;

constexpr double kTables = 1e-3;  // digits that printed tables have

Reading drawn(const std::string& name, std::vector<double> draws, SeedMean mean = SeedMean::arithmetic) {
  std::vector<Reading> readings;
  for (const double draw : draws) {
    readings.push_back(scalar_reading(name, draw));
    readings.back().over_seeds = mean;
  }
  return mean_over_seeds(readings);
}

Results results(std::vector<Reading> readings, uint64_t seed = 1) {
  Results made;
  made.context.seed = seed;
  made.context.seeds = readings.empty() ? 1 : readings.front().n;
  made.readings = std::move(readings);
  return made;
}

Finding finding(const std::string& id, Severity severity) {
  Finding one;
  one.id = id;
  one.severity = severity;
  return one;
}

const DifferenceRecord& difference(const Comparison& comparison, const std::string& name) {
  const auto found = std::find_if(comparison.differences.begin(), comparison.differences.end(),
                                  [&](const DifferenceRecord& one) { return one.name == name; });
  EXPECT_NE(found, comparison.differences.end()) << name;
  return *found;
}

int64_t marks(const Comparison& comparison) {
  return std::count_if(comparison.differences.begin(), comparison.differences.end(),
                       [](const DifferenceRecord& one) { return one.differs; });
}

TEST(Student, IsWhatTablesHave) {
  for (const auto& [t, degrees, probability] :
       {std::array{12.706, 1., .05}, std::array{2.776, 4., .05}, std::array{4.604, 4., .01},
        std::array{2.228, 10., .05}, std::array{1.984, 100., .05}, std::array{8.610, 4., .001}}) {
    EXPECT_NEAR(two_sided_probability(t, degrees), probability, kTables * probability * 2) << t;
    EXPECT_EQ(two_sided_probability(-t, degrees), two_sided_probability(t, degrees));
  }
  EXPECT_EQ(two_sided_probability(0, 3), 1);
  EXPECT_EQ(two_sided_probability(std::numeric_limits<double>::infinity(), 3), 0);
  // Cauchy's distribution, far out: 2 / (pi t).
  EXPECT_NEAR(two_sided_probability(1e6, 1) * M_PI * 1e6 / 2, 1, kTables);
}

TEST(Compare, TakesDifferencesSeedBySeedWhereBothHaveThem) {
  const Comparison paired =
      compare(results({drawn("r", {1, 2, 3, 4})}), results({drawn("r", {1.1, 2.1, 3.2, 4.2})}));
  const DifferenceRecord& one = difference(paired, "r");
  EXPECT_EQ(one.pairs, 4);
  EXPECT_TRUE(paired.seed_by_seed);
  EXPECT_NEAR(one.difference, .15, 1e-12);
  EXPECT_NEAR(*one.standard_error, std::sqrt(4 * .05 * .05 / 3 / 4), 1e-12);
  EXPECT_TRUE(one.differs) << "draws scatter far more than they differ";
  const Comparison apart =
      compare(results({drawn("r", {1, 2, 3, 4})}), results({drawn("r", {1.1, 2.1, 3.2, 4.2})}, 11));
  EXPECT_EQ(difference(apart, "r").pairs, 0);
  EXPECT_FALSE(difference(apart, "r").differs);
}

TEST(Compare, ComparesLogarithmsOfWhatIsAveragedSo) {
  const Comparison found = compare(results({drawn("r", {1, 10, 100}, SeedMean::geometric)}),
                                   results({drawn("r", {2, 20, 200.1}, SeedMean::geometric)}));
  EXPECT_TRUE(difference(found, "r").logarithmic);
  EXPECT_NEAR(std::exp(difference(found, "r").difference), 2, 1e-3);
  EXPECT_TRUE(difference(found, "r").differs);
}

TEST(Compare, TakesTheFilesErrorsWhereItKeepsNoDraws) {
  Reading a = drawn("r", {1, 1.2, 1.4, 1.6}), b = drawn("r", {3, 3.2, 3.4, 3.6});
  const double with_draws = *difference(compare(results({a}), results({b}, 11)), "r").probability;
  a.draws.clear();
  b.draws.clear();
  EXPECT_NEAR(*difference(compare(results({a}), results({b})), "r").probability, with_draws, 1e-9);
}

TEST(Compare, HoldsAllNumbersTogetherToTheLevel) {
  // One number of p = .035 alone; beside it 9 that say nothing.
  const std::vector<double> a = {0, 1, 2, 3}, b = {2.5, 3.6, 4.4, 6.1};
  std::vector<Reading> first = {drawn("r", a)}, second = {drawn("r", b)};
  const Comparison alone = compare(results(first), results(second, 11));
  ASSERT_TRUE(difference(alone, "r").differs);
  for (int i = 0; i < 9; ++i) {
    first.push_back(drawn("other_" + std::to_string(i), a));
    second.push_back(drawn("other_" + std::to_string(i), {3.1, 2, 1, 0}));
  }
  const Comparison together = compare(results(first), results(second, 11));
  EXPECT_FALSE(difference(together, "r").differs);
  EXPECT_NEAR(*difference(together, "r").probability, 10 * *difference(alone, "r").probability, 1e-9);
}

TEST(Compare, MarksNothingOfSingleDrawsNorOfRounding) {
  EXPECT_EQ(marks(compare(results({scalar_reading("r", 1)}), results({scalar_reading("r", 1000)}))), 0);
  const Comparison rounded =
      compare(results({drawn("r", {1, 1, 1})}), results({drawn("r", {1.000001, 1.000001, 1.000001})}));
  EXPECT_EQ(marks(rounded), 0);
  EXPECT_EQ(marks(compare(results({drawn("r", {1, 1, 1})}), results({drawn("r", {2, 2, 2})}))), 1)
      << "what no draw changes";
}

TEST(Compare, TakesCurvesAtPlacesAndAtBothEndsWhereAxesDiffer) {
  const auto curve = [](size_t places) {
    std::vector<double> x(places), y(places, 1);
    for (size_t i = 0; i < places; ++i) x[i] = static_cast<double>(i);
    return curve_reading("c", "depth", x, y);
  };
  const Comparison same = compare(results({curve(50)}), results({curve(50)}), {.places = 8});
  ASSERT_EQ(same.differences.size(), 8U);
  EXPECT_EQ(same.differences.front().x, 0);
  EXPECT_EQ(same.differences.back().x, 49);
  const Comparison other = compare(results({curve(50)}), results({curve(10)}));
  ASSERT_EQ(other.differences.size(), 2U);
  EXPECT_EQ(other.differences.back().x, 49);
  EXPECT_EQ(other.differences.back().other_x, 9);
}

TEST(Compare, SaysWhatItCannotCompare) {
  Results a = results({scalar_reading("both", 1), scalar_reading("first", 1),
                       undefined_reading("none", ReadingType::scalar, "no sum")});
  Results b = results({scalar_reading("both", 1), scalar_reading("second", 1), scalar_reading("none", 2)});
  EXPECT_THAT(
      compare(a, b).not_compared,
      testing::UnorderedElementsAre("first: only in A", "second: only in B", "none: undefined in A, no sum"));
  b.readings.front().functional = "random";
  a.readings.resize(1);
  EXPECT_THROW(compare(a, b), std::invalid_argument) << "the same name under another functional";
  EXPECT_THROW(compare(a, a, {.level = 0}), std::invalid_argument);
}

TEST(Compare, NamesFindingsThatAreGainedAndLost) {
  Results a = results({scalar_reading("r", 1)}), b = a;
  a.findings = {finding("kept", Severity::watch), finding("lost", Severity::critical),
                finding("better", Severity::critical)};
  b.findings = {finding("better", Severity::watch), finding("kept", Severity::watch)};
  EXPECT_FALSE(compare(a, b).is_worse());
  EXPECT_EQ(compare(a, b).findings.size(), 2U);
  EXPECT_TRUE(compare(b, a).is_worse()) << "the other way round";
  b.findings.push_back(finding("note", Severity::info));
  EXPECT_FALSE(compare(a, b).is_worse()) << "a note is no worse";
  b.findings.push_back(finding("new", Severity::watch));
  const Comparison worse = compare(a, b);
  EXPECT_TRUE(worse.is_worse());
  EXPECT_EQ(worse.findings.front().id, "new");
}

TEST(Compare, WritesBothAsCasesAndReadsThemBack) {
  Results a = results({drawn("r", {1, 2, 3})}), b = results({drawn("r", {2, 3, 4.1})});
  a.findings = {finding("lost", Severity::watch)};
  std::stringstream text;
  ResultsWriter writer(text);
  write(writer, a, b, compare(a, b));
  writer.close();
  const Results read = read_results(text, "written");
  ASSERT_EQ(read.cases.size(), 2U);
  EXPECT_EQ(read.cases.back().name, "B");
  ASSERT_EQ(read.readings.size(), 2U);
  EXPECT_EQ(read.readings.front().case_name, "A");
  EXPECT_EQ(read.findings.front().case_name, "A");
  EXPECT_THAT(text.str(), HasSubstr(R"("kind":"difference")"));
}

// Five draws of a check as a check of these five has them.
Results five_of(const Checked& checked, size_t group) {
  Results made = results_of(checked);
  made.context.seed = 5 * group + 1;
  made.context.seeds = 5;
  made.readings.clear();
  for (size_t r = 0; r < checked.draws.front().size(); ++r) {
    std::vector<Reading> draws;
    for (size_t i = 5 * group; i < 5 * group + 5; ++i) draws.push_back(checked.draws[i][r]);
    made.readings.push_back(mean_over_seeds(draws));
  }
  return made;
}

TEST(Compare, OfANetworkWithItselfUnderOtherSeedsMarksNothing) {
  constexpr int64_t kPairs = 100;
  for (const char* family : {"feedforward:depth=4,width=12,norm=batch,input=12,output=10",
                             "residual:depth=4,width=12,input=12,output=10"}) {
    CheckOptions options;
    options.rehearses = options.predicts = false;
    options.weights.count = 10 * kPairs;
    options.examples.count = 32;
    const Checked checked = check(subject_of_family(family), options);
    int64_t marked = 0;
    for (size_t pair = 0; pair < kPairs; ++pair) {
      const Comparison found = compare(five_of(checked, 2 * pair), five_of(checked, 2 * pair + 1));
      EXPECT_FALSE(found.seed_by_seed);
      EXPECT_GT(found.differences.size(), 50U) << "or it is no wonder";
      marked += marks(found) > 0 ? 1 : 0;
    }
    std::cout << family << ": " << marked << " of " << kPairs << " pairs marked\n";
    EXPECT_LE(marked, 5) << family << ": at most 5 % of comparisons";
  }
}

// What theory says of the same number.
std::optional<double> predicted_at(const Results& results, const DifferenceRecord& difference) {
  for (const PredictionRecord& one : results.predictions) {
    const Reading& reading = one.reading;
    if (reading.name != difference.name || reading.tap != difference.tap) continue;
    if (!difference.x && reading.type == ReadingType::scalar) return reading.value();
    if (!difference.x || reading.type != ReadingType::curve) continue;
    const auto place = std::find(reading.x.begin(), reading.x.end(), *difference.x);
    if (place != reading.x.end()) return reading.values[static_cast<size_t>(place - reading.x.begin())];
  }
  return {};
}

TEST(Compare, OfBranchesOfSizeOneAndATenthMarksWhatTheorySays) {
  constexpr double kClearly = 10;  // standard errors of the measured difference
  CheckOptions options;
  options.rehearses = false;
  options.weights.count = 10;
  const std::string family = "residual:depth=24,width=100,norm=batch,input=100,output=10,beta=";
  const Results a = results_of(check(subject_of_family(family + "1"), options)),
                b = results_of(check(subject_of_family(family + "0.1"), options));
  const Comparison found = compare(a, b);
  int64_t predicted = 0;
  for (const DifferenceRecord& difference : found.differences) {
    const std::optional<double> before = predicted_at(a, difference), after = predicted_at(b, difference);
    if (!before || !after) continue;
    const double change = difference.logarithmic ? std::log(*after / *before) : *after - *before;
    if (!(std::abs(change) > kClearly * *difference.standard_error)) continue;
    ++predicted;
    EXPECT_TRUE(difference.differs) << difference.name << " " << *before << " " << *after;
    EXPECT_GT(change * difference.difference, 0) << difference.name;
  }
  EXPECT_GE(predicted, 10) << "or theory says little of it";
}

}  // namespace
}  // namespace shatterproof::compare_test
