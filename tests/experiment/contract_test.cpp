// SPDX-License-Identifier: Apache-2.0
// What every measurement of the catalog promises, one test per promise; a new entry is tested by existing.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "shatterproof/core/threads.h"
#include "shatterproof/experiment/catalog.h"
#include "tests/experiment/page_head.h"
#include "tests/experiment/subject.h"

namespace shatterproof::contract_test {
namespace {

// Another order of the same additions in double, through a few layers.
constexpr double kRounding = 1e-10;
// The same in single precision.
constexpr double kSinglePrecision = 2e-5;

struct Promise {
  double least, most;
  int gradient_degree;
};

// What the record says of a reading; throws when it says nothing.
Promise promise_of(const ExperimentRecord& record, const Reading& reading) {
  if (reading.name == record.name && reading.type == record.type) {
    return {record.least, record.most, record.gradient_degree};
  }
  for (const CompanionReading& companion : record.companions) {
    if (reading.name == companion.name && reading.type == companion.type) {
      return {companion.least, companion.most, companion.gradient_degree};
    }
  }
  throw std::logic_error(record.name + " gives a reading its record does not announce: " + reading.name);
}

bool agree(const Reading& a, const Reading& b, double tolerance, double factor = 1) {
  if (a.name != b.name || a.type != b.type || a.tap != b.tap || a.undefined != b.undefined ||
      a.shape != b.shape || a.x.size() != b.x.size() || a.values.size() != b.values.size())
    return false;
  if (a.type == ReadingType::histogram && a.x != b.x) return false;
  double size = 0;
  for (const double value : b.values) size = std::max(size, std::abs(factor * value));
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (!(std::abs(a.values[i] - factor * b.values[i]) <= tolerance * size)) return false;
  }
  return true;
}

std::string shown(const Reading& reading) {
  return reading.name + ": " +
         (reading.is_defined() ? ::testing::PrintToString(reading.values) : reading.undefined);
}

void expect_agree(const std::vector<Reading>& a, const std::vector<Reading>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(agree(a[i], b[i], tolerance)) << shown(a[i]) << "\n" << shown(b[i]);
  }
}

// As many numbers as the type says, on axes that go up.
bool is_well_formed(const Reading& reading) {
  const size_t numbers = reading.values.size();
  switch (reading.type) {
    case ReadingType::scalar:
      return numbers == 1 && reading.x.empty();
    case ReadingType::curve:
      return numbers == reading.x.size() && !reading.x_name.empty();
    case ReadingType::histogram:
      return numbers + 1 == reading.x.size() && !reading.x_name.empty() &&
             std::adjacent_find(reading.x.begin(), reading.x.end(), std::greater_equal<>()) ==
                 reading.x.end();
    case ReadingType::matrix:
      return reading.shape.size() == 2 &&
             static_cast<int64_t>(numbers) == reading.shape[0] * reading.shape[1];
  }
  return false;
}

// Every number is one, or the reading says why there is none.
void expect_explained(const std::vector<Reading>& readings) {
  EXPECT_FALSE(readings.empty());
  for (const Reading& reading : readings) {
    EXPECT_NE(reading.is_defined(), reading.values.empty()) << reading.name;
    EXPECT_TRUE(!reading.is_defined() || is_well_formed(reading)) << shown(reading);
    for (const double value : reading.values) EXPECT_TRUE(std::isfinite(value)) << shown(reading);
  }
}

// One promise, kept by every measurement of the catalog.
template <typename Check>
void for_every_measurement(Check check) {
  for (const ExperimentRecord& record : measurements()) {
    SCOPED_TRACE(record.name);
    check(record);
  }
}

TEST(EveryMeasurement, IsFullyDescribed) {
  for_every_measurement([](const ExperimentRecord& record) {
    for (const std::string& text : {record.name, record.symbol, record.formula, record.reference,
                                    record.range_note, record.undefined_when, record.prediction}) {
      EXPECT_FALSE(text.empty());
    }
    EXPECT_EQ(record.sentence.back(), '.');
    EXPECT_LE(record.least, record.most);
    EXPECT_EQ(record.make != nullptr, record.needs == Needs::taps);
    EXPECT_EQ(record.run != nullptr, record.needs != Needs::taps);
    for (const CompanionReading& companion : record.companions)
      EXPECT_EQ(companion.sentence.back(), '.') << companion.name;
    std::set<std::pair<std::string, ReadingType>> given, announced = {{record.name, record.type}};
    for (const CompanionReading& companion : record.companions)
      announced.insert({companion.name, companion.type});
    for (const Reading& reading : read_subject(record)) given.insert({reading.name, reading.type});
    // Given only where a network has such places.
    std::erase_if(announced, [&](const auto& reading) {
      return reading.first.ends_with("_in_branches") && !given.contains(reading);
    });
    EXPECT_EQ(given, announced) << "readings given, and readings announced";
  });
}

TEST(EveryMeasurement, StaysInsideItsRange) {
  for_every_measurement([](const ExperimentRecord& record) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      Change change;
      change.seed = seed;
      const std::vector<Reading> readings = read_subject(record, change);
      expect_explained(readings);
      for (const Reading& reading : readings) {
        const Promise promise = promise_of(record, reading);
        for (const double value : reading.values) {
          EXPECT_GE(value, promise.least - kRounding) << shown(reading) << " seed " << seed;
          EXPECT_LE(value, promise.most + kRounding) << shown(reading) << " seed " << seed;
        }
      }
    }
  });
}

TEST(EveryMeasurement, ExplainsItselfOnNan) {
  for_every_measurement([](const ExperimentRecord& record) {
    if (record.needs == Needs::graph) return;  // it looks at no numbers
    Change change;
    change.not_finite = true;
    for (const Reading& reading : read_subject(record, change)) {
      EXPECT_THAT(reading.undefined, ::testing::HasSubstr("not finite")) << shown(reading);
    }
  });
}

TEST(EveryMeasurement, ExplainsItselfOnZeros) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.zeros = true;
    expect_explained(read_subject(record, change));
  });
}

TEST(EveryMeasurement, ExplainsItselfOnOneExample) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.examples = 1;
    expect_explained(read_subject(record, change));
  });
}

TEST(EveryMeasurement, ExplainsItselfOnOneUnit) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.units = 1;
    expect_explained(read_subject(record, change));
  });
}

TEST(EveryMeasurement, DependsOnTheOrderOfExamplesOnlyWhereItSaysSo) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.shuffled = true;
    const std::vector<Reading> shuffled = read_subject(record, change), straight = read_subject(record);
    if (record.order_invariant) {
      expect_agree(shuffled, straight, kRounding);
    } else {
      bool any_differs = false;
      for (size_t i = 0; i < straight.size(); ++i) {
        any_differs = any_differs || !agree(shuffled[i], straight[i], kSinglePrecision);
      }
      EXPECT_TRUE(any_differs) << "it says that order matters, and it does not";
    }
    EXPECT_FALSE(record.along_path && record.order_invariant);
  });
}

TEST(EveryMeasurement, AgreesInSinglePrecision) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.dtype = at::kFloat;
    expect_agree(read_subject(record, change), read_subject(record), kSinglePrecision);
  });
}

TEST(EveryMeasurement, IsTheSameForOneAndTwoThreads) {
  for_every_measurement([](const ExperimentRecord& record) {
    Change change;
    change.examples = 300;
    const int before = at::get_num_threads();
    use_threads(1);
    const std::vector<Reading> one = read_subject(record, change);
    use_threads(2);
    const std::vector<Reading> two = read_subject(record, change);
    use_threads(before);
    expect_agree(two, one, kRounding);
  });
}

TEST(EveryMeasurement, ObeysItsScalingLaw) {
  for_every_measurement([](const ExperimentRecord& record) {
    // The gradients of the one error there is cannot be doubled by themselves.
    if (record.functional == PreferredFunctional::loss) return;
    Change change;
    change.doubled = true;
    const std::vector<Reading> doubled = read_subject(record, change), plain = read_subject(record);
    ASSERT_EQ(doubled.size(), plain.size());
    for (size_t i = 0; i < plain.size(); ++i) {
      const double factor = std::pow(2, promise_of(record, plain[i]).gradient_degree);
      EXPECT_TRUE(agree(doubled[i], plain[i], kRounding, factor)) << shown(doubled[i]) << "\n"
                                                                  << shown(plain[i]);
    }
  });
}

TEST(EveryMeasurement, IsTheSameInMiniBatchesWhereItStreams) {
  for_every_measurement([](const ExperimentRecord& record) {
    if (!record.streams) return;
    for (const int64_t mini_batch : {1, 5}) {
      Change change;
      change.mini_batch = mini_batch;
      expect_agree(read_subject(record, change), read_subject(record), kRounding);
    }
  });
}

TEST(EveryMeasurement, RefusesUnorderedInputsWhereItNeedsOrder) {
  for_every_measurement([](const ExperimentRecord& record) {
    if (!record.along_path) return;
    MeasurementRecord unordered = record;
    unordered.along_path = false;
    for (const Reading& reading : read_subject(unordered)) {
      EXPECT_THAT(reading.undefined, ::testing::HasSubstr("not ordered"));
    }
  });
}

TEST(EveryMeasurement, HasAPageWithAFreshHead) {
  for_every_measurement([](const ExperimentRecord& record) {
    const std::string path = std::string(SHATTERPROOF_SOURCE) + "/docs/measurements/" + record.name + ".md";
    if (std::getenv("SHATTERPROOF_WRITE_PAGES")) write_page_head(record, path);
    std::ifstream file(path);
    ASSERT_TRUE(file) << path << " is missing";
    std::stringstream page;
    page << file.rdbuf();
    const std::string head = page_head(record);
    EXPECT_EQ(page.str().substr(0, head.size()), head)
        << "run this test with SHATTERPROOF_WRITE_PAGES=1 to write the head anew";
    for (const char* section :
         {"## How to read it", "## What healthy looks like", "## When it misleads", "## What theory says"}) {
      EXPECT_THAT(page.str(), ::testing::HasSubstr(section));
    }
  });
}

TEST(EveryMeasurement, TakesTheOptionsItListsAndNoOthers) {
  for_every_measurement([](const ExperimentRecord& record) {
    for (const OptionRecord& option : record.options) {
      EXPECT_FALSE(option.meaning.empty());
      const std::string options = ":" + option.name + "=" + option.otherwise;
      EXPECT_EQ(&measurement_of(record.name + options), &record);
      expect_agree(read_subject(record, {.options = options}), read_subject(record), 0);
      EXPECT_THROW(measurement_of(record.name + ":" + option.name + "=nonsense"), std::invalid_argument);
    }
    EXPECT_THROW(measurement_of(record.name + ":nonsense=1"), std::invalid_argument);
  });
}

TEST(Catalog, NamesEachReadingOnce) {
  std::set<std::pair<std::string, ReadingType>> seen;
  for (const ExperimentRecord& record : measurements()) {
    EXPECT_TRUE(seen.insert({record.name, record.type}).second) << record.name;
    for (const CompanionReading& companion : record.companions) {
      EXPECT_TRUE(seen.insert({companion.name, companion.type}).second) << companion.name;
      EXPECT_EQ(companion.name.rfind(record.name.substr(0, record.name.find('_')), 0), 0U)
          << companion.name << " does not begin like " << record.name;
    }
  }
  EXPECT_EQ(measurement_of("coactivation").name, "coactivation");
  EXPECT_THROW(measurement_of("coactivatoin"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::contract_test
