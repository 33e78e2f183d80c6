// SPDX-License-Identifier: Apache-2.0
// Results files, studies and tables of thresholds as no command writes them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/study/study.h"
#include "tests/hostile/attack.h"
#include "tests/support/command_runner.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::forged_results_test {
namespace {

class ForgedResults : public testing::Test {
 protected:
  ForgedResults() {
    run({"check", "residual:depth=2,width=4,input=3", "--seeds", "2", "--batch", "8", "--no-rehearsal",
         "--json", folder_.file("whole.jsonl")});
    lines_ = lines_of(bytes_of(folder_.file("whole.jsonl")));
  }

  void draw(Attack& attack, const std::string& what, const std::string& text) const {
    attack.run(what, {"report", folder_.write("forged.jsonl", text), "-o", folder_.file("page.html")});
  }

  std::string with_line(size_t index, const std::string& line) const {
    std::string text;
    for (size_t i = 0; i < lines_.size(); ++i) text += (i == index ? line : lines_[i]) + "\n";
    return text;
  }

  const TemporaryFolder folder_;
  std::vector<std::string> lines_;
};

TEST_F(ForgedResults, OfOtherValues) {
  ASSERT_GT(lines_.size(), 5U);
  Attack attack("values in a results file");
  std::map<std::string, bool> seen;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const nlohmann::json line = nlohmann::json::parse(lines_[i]);
    for (const auto& [key, ignored] : line.items()) {
      if (!seen.emplace(line["kind"].get<std::string>() + key, true).second) continue;
      for (const std::string& value : hostile_json()) {
        nlohmann::json forged = line;
        forged[key] = "put the value here";
        std::string text = forged.dump();
        text.replace(text.find("\"put the value here\""), 20, value);
        draw(attack, fmt::format("{} {} = {}", line["kind"].get<std::string>(), key, value),
             with_line(i, text));
      }
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST_F(ForgedResults, MutatedAtRandom) {
  Attack attack("mutated results files");
  std::mt19937_64 random = generator("results");
  const std::string whole = bytes_of(folder_.file("whole.jsonl"));
  for (int64_t i = 0; i < times(200); ++i)
    draw(attack, fmt::format("mutation {}", i), mutated(whole, hostile_json(), random));
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

constexpr const char* kStudy = R"(
title = "t"
note = "n"
[settings]
seeds = 2
[quick]
keep_depth = [2]
most_seeds = 1
[[case]]
name = "drawn"
network = "feedforward:width=8,input=9"
depth = [2, 4]
measure = ["gradient_correlation"]
  [[case.claim]]
  reading = "gradient_correlation"
  at = 1
  expected = [0.5, nan]
  tolerance = 0.1
  provenance = "P"
[[case]]
name = "trained"
network = "thin:depth=6"
inputs = "images:32"
measure = "train_loss"
  [case.train]
  examples = 256
  epochs = 2
)";

const std::vector<std::string>& hostile_toml() {
  constexpr size_t kDeep = 100'000;
  const auto repeated = [](const std::string& piece) {
    std::string text;
    for (size_t i = 0; i < kDeep; ++i) text += piece;
    return text;
  };
  static const std::vector<std::string> all = {"[",
                                               "]",
                                               "[[",
                                               "{",
                                               "}",
                                               "=",
                                               ".",
                                               "\"",
                                               "'",
                                               "'''",
                                               "\"\"\"",
                                               "#",
                                               "\n",
                                               "1e308",
                                               "nan",
                                               "-inf",
                                               "1979-05-27T07:32:00Z",
                                               "0x7fffffffffffffff",
                                               "-9223372036854775808",
                                               "[[case]]\n",
                                               "[case.train]\n",
                                               "depth = 1000000000\n",
                                               "seeds = 1000000000\n",
                                               "\\u0000",
                                               "\\U0010ffff",
                                               "\xef\xbb\xbf",
                                               "\xff",
                                               "a.b.c = {d.e = [[1], [2]]}\n",
                                               repeated("a."),
                                               "x = " + repeated("["),
                                               "[" + repeated("b.") + "c]\n",
                                               "x = " + repeated("{a="),
                                               "depth = [" + repeated("2,") + "2]\n"};
  return all;
}

TEST(ForgedStudies, MutatedAtRandom) {
  Attack attack("mutated studies");
  ASSERT_NO_THROW(parse_study(kStudy, "s.toml", true));
  for (const std::string& piece : hostile_toml())
    attack.call(piece.substr(0, 40), [&] { parse_study(kStudy + piece, "s.toml", false); });
  std::mt19937_64 random = generator("studies");
  for (int64_t i = 0; i < times(1000); ++i) {
    const std::string text = mutated(kStudy, hostile_toml(), random);
    attack.call(fmt::format("mutation {}", i), [&] { parse_study(text, "s.toml", i % 2 == 0); });
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST(ForgedThresholds, MutatedAtRandom) {
  Attack attack("mutated thresholds");
  const TemporaryFolder folder;
  const std::string whole = "[shattered]\nwatch_length = 0.1\n[vanishing]\nwatch_gain = 0.2 # why\n";
  std::mt19937_64 random = generator("thresholds");
  const auto read = [&](const std::string& what, const std::string& text) {
    const std::string file = folder.write("t.toml", text);
    attack.call(what, [&] { Thresholds::read(file); });
  };
  for (const std::string& piece : hostile_toml()) read(piece.substr(0, 40), whole + piece);
  for (int64_t i = 0; i < times(1000); ++i)
    read(fmt::format("mutation {}", i), mutated(whole, hostile_toml(), random));
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

}  // namespace
}  // namespace shatterproof::cli::forged_results_test
