// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli {

/// A wrong command line, and what its one line must say. `@` stands for the folder of samples, '' for an
/// empty word.
struct BadInputCase {
  const char* name;
  const char* line;
  const char* says;
};

inline void PrintTo(const BadInputCase& tested, std::ostream* stream) {
  *stream << tested.line;
}

inline std::vector<std::string> words_of(const BadInputCase& tested) {
  std::vector<std::string> words;
  std::istringstream stream(tested.line);
  for (std::string word; stream >> word;) {
    if (word == "''") word.clear();
    if (const size_t at = word.find('@'); at != std::string::npos)
      word.replace(at, 1, samples().string() + "/");
    words.push_back(word);
  }
  return words;
}

inline void expect_one_line(const BadInputCase& tested) {
  const Ran ran = run(words_of(tested));
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(ran.out, "");
  ASSERT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, testing::StartsWith("shatterproof: "));
  EXPECT_THAT(ran.err, testing::HasSubstr(tested.says));
  EXPECT_FALSE(std::filesystem::exists(samples() / "out.onnx"));
}

}  // namespace shatterproof::cli
