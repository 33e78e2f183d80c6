// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command_line.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::coordinates_test {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kSmall = {"coordinates", "feedforward:input=8,output=4",
                                         "--widths",    "16,32,64",
                                         "--depths",    "2,3,4",
                                         "--steps",     "1",
                                         "--seeds",     "1"};

Ran with(const std::vector<std::string>& more) {
  std::vector<std::string> words = kSmall;
  words.insert(words.end(), more.begin(), more.end());
  return run(words);
}

TEST(CoordinatesCommand, PrintsARowForEachStepAndKindOfLayers) {
  const Ran ran = with({});
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("standard parametrization, Adam at 0.01, 1 steps"));
  EXPECT_THAT(ran.out, HasSubstr("against widths 16 to 64 at depth 3"));
  EXPECT_THAT(ran.out, HasSubstr("against depths 2 to 4 at width 16"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("  1     readout  .* \\.\\. .* \\+- .*"));
  EXPECT_THAT(with({"--parametrization", "mup"}).out, HasSubstr("mu-P parametrization"));
}

TEST(CoordinatesCommand, ReadsFilesOfGrowingWidth) {
  std::vector<std::string> words = {"coordinates"};
  for (const char* width : {"8", "16", "32"}) {
    words.push_back((scratch() / (std::string(width) + ".onnx")).string());
    const std::string family = std::string("feedforward:depth=3,input=4,output=3,width=") + width;
    ASSERT_EQ(run({"build", family, "-o", words.back()}).code, kHealthy);
  }
  const Ran ran = run(words);
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("against the width"));
  EXPECT_THAT(ran.out, testing::Not(HasSubstr("depths")));
}

TEST(CoordinatesCommand, WritesTheSameNumbersWhateverTheThreads) {
  const Ran one = with({"--json", "-", "--threads", "1"}), two = with({"--json", "-", "--threads", "2"});
  ASSERT_EQ(one.code, kHealthy) << one.err;
  std::istringstream first(one.out), second(two.out);
  int slopes = 0;
  for (std::string a, b; std::getline(first, a) && std::getline(second, b);) {
    const nlohmann::json record = nlohmann::json::parse(a);
    if (record["kind"] == "context") continue;
    EXPECT_EQ(a, b);
    slopes += record["name"] == "coordinate_change_slope" ? 1 : 0;
  }
  EXPECT_EQ(slopes, 6) << "three kinds of layers, two axes, one step";
}

}  // namespace
}  // namespace shatterproof::cli::coordinates_test
