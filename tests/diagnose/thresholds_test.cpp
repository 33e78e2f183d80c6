// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/thresholds.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "shatterproof/core/error.h"

namespace shatterproof::thresholds_test {
namespace {

class ThresholdsFile : public testing::Test {
 protected:
  std::string path = testing::TempDir() + "thresholds_" + std::to_string(getpid()) + ".toml";
  void TearDown() override { std::remove(path.c_str()); }
  Thresholds read(const std::string& text) {
    std::ofstream(path) << text;
    return Thresholds::read(path);
  }
};

TEST_F(ThresholdsFile, OverridesWhatItNamesAndNothingElse) {
  const Thresholds thresholds =
      read("[shattered]\nwatch_length = 0.5\n[redundant_units]\ncritical_fraction = 1\n");
  EXPECT_EQ(thresholds.value("shattered.watch_length"), .5);
  EXPECT_EQ(thresholds.value("redundant_units.critical_fraction"), 1);
  EXPECT_EQ(thresholds.value("shattered.critical_length"), Thresholds().value("shattered.critical_length"));
}

TEST_F(ThresholdsFile, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(read("[shattered]\nwatch = 0.5\n"), std::invalid_argument);
  EXPECT_THROW(read("watch_length = 0.5\n"), std::invalid_argument);
  EXPECT_THROW(read("[shattered]\nwatch_length = nan\n"), std::invalid_argument);
  EXPECT_THROW(read("[shattered]\nwatch_length = \"half\"\n"), std::invalid_argument);
  EXPECT_THROW(read("[shattered\n"), IoError);
  EXPECT_THROW(Thresholds::read("no_such_file.toml"), IoError);
}

}  // namespace
}  // namespace shatterproof::thresholds_test
