// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/verdict.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/reader.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::check_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHealthyNetwork = "residual:depth=10,width=40,norm=batch,beta=0.1,input=40";
constexpr const char* kShatteredNetwork = "feedforward:depth=30,width=60,norm=batch,input=60";

std::vector<json> parsed(const std::string& text) {
  std::vector<json> records;
  for (const std::string& line : lines_of(text)) records.push_back(json::parse(line));
  return records;
}

TEST(Check, HealthyNetworksGetNoFindingsAndExitZero) {
  const Ran ran = run({"check", kHealthyNetwork, "--seeds", "3"});
  EXPECT_EQ(ran.code, kHealthy) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("verdict   HEALTHY"));
  EXPECT_THAT(ran.out, HasSubstr("healthy: "));
  EXPECT_THAT(ran.out, HasSubstr("3 seeds"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("coverage  [0-9]+ of [0-9]+ nodes measured"));
  EXPECT_EQ(ran.err, "");
}

TEST(Check, NewWeightsOfAFoldedFileAreJudgedWithItsNormsUnlessItIsTakenAsItIs) {
  const std::vector<std::string> words = {
      "check", (samples() / "folded.onnx").string(), "--init", "he", "--seeds", "1"};
  EXPECT_THAT(run(words).out, HasSubstr("folded into 1 layer when the file was exported; it was put"));
  std::vector<std::string> as_is = words;
  as_is.emplace_back("--as-is");
  EXPECT_THAT(run(as_is).out, Not(HasSubstr("it was put")));
}

// Without date and command, which differ.
std::vector<json> without_moment(std::vector<json> records) {
  for (const char* key : {"date", "command"}) records.front().erase(key);
  return records;
}

TEST(Check, OfTheLibraryIsWhatTheCommandPrintsAndWrites) {
  CheckOptions options;
  options.weights.count = 2;
  options.rehearses = false;
  const Checked checked = check(subject_of_family(kShatteredNetwork), options);
  std::ostringstream text, lines;
  print_verdict(text, checked);
  ResultsWriter writer(lines);
  write(writer, checked);
  const std::vector<std::string> words = {"check", kShatteredNetwork, "--seeds", "2", "--no-rehearsal"};
  EXPECT_EQ(run(words).out.substr(0, text.str().size()), text.str());
  std::vector<std::string> with_json = words;
  with_json.insert(with_json.end(), {"--json", "-"});
  EXPECT_EQ(without_moment(parsed(run(with_json).out)), without_moment(parsed(lines.str())));
}

// "functional sum, probe for 5 of 21 readings".
std::string ways(const std::string& what, const std::string& first, const std::vector<Reading>& readings,
                 std::string Reading::*way) {
  std::map<std::string, int> others;
  for (const Reading& reading : readings) {
    if (reading.*way != first) ++others[reading.*way];
  }
  std::string text = what + " " + first;
  for (const auto& [other, count] : others)
    text += fmt::format(", {} for {} of {} readings", other, count, readings.size());
  return text;
}

TEST(Check, ItsHeaderSaysHowManyReadingsWereMadeOtherwise) {
  CheckOptions options;
  options.weights.count = 1;
  options.rehearses = false;
  const Checked checked = check(subject_of_family(kShatteredNetwork), options);
  std::ostringstream text;
  print_verdict(text, checked);
  EXPECT_THAT(text.str(), HasSubstr(ways("functional", "sum", checked.readings, &Reading::functional)));
  EXPECT_THAT(text.str(),
              HasSubstr(ways("batch statistics", "detached", checked.readings, &Reading::batch_norm)));
  EXPECT_THAT(text.str(), testing::ContainsRegex("functional sum, probe for [0-9]+ of [0-9]+ readings"));
}

TEST(Check, ShatteredNetworksGetTheFindingAndItsCauseWithWhyAndNextAndExitOne) {
  const Ran ran = run({"check", kShatteredNetwork, "--seeds", "3", "--fail-on", "watch"});
  EXPECT_EQ(ran.code, kFindings) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("verdict   WATCH"));
  EXPECT_THAT(ran.out, HasSubstr("exploding   watch   layers 1-31"));
  EXPECT_THAT(ran.out, HasSubstr("shattered   info   layers 1-31   follows from exploding"));
  EXPECT_THAT(ran.out, HasSubstr("why   "));
  EXPECT_THAT(ran.out, HasSubstr("next  "));
}

TEST(Check, WhatDoesNotFitOneBatchIsCriticalAndExitsWithOne) {
  const Ran ran = run({"check", "feedforward:depth=20,width=60,input=60,output=10,activation=tanh", "--init",
                       "gaussian:std=1", "--seeds", "1"});
  EXPECT_EQ(ran.code, kFindings) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("verdict   CRITICAL"));
  EXPECT_THAT(ran.out, HasSubstr("saturated   critical"));
  EXPECT_THAT(ran.out, HasSubstr("it does not fit one batch by heart"));
}

TEST(Check, FailOnSaysFromWhichSeverityTheExitCodeIsOne) {
  const std::string watched = kShatteredNetwork;
  const Ran lenient = run({"check", watched, "--seeds", "3"});
  ASSERT_THAT(lenient.out, HasSubstr("verdict   WATCH"));
  EXPECT_EQ(lenient.code, kHealthy);
  EXPECT_EQ(run({"check", watched, "--seeds", "3", "--fail-on", "watch"}).code, kFindings);
}

TEST(Check, NaNWeightsAreAFindingThatNamesTheNode) {
  const Ran ran = run({"check", (samples() / "nan.onnx").string()});
  EXPECT_EQ(ran.code, kFindings) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("non_finite   critical"));
}

TEST(Check, ABatchOfOneIsNoBadInput) {
  const Ran ran = run({"check", kSmallFamily, "--batch", "1", "--seeds", "1"});
  EXPECT_NE(ran.code, kBadInput) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 example"));
}

TEST(Check, JsonDashPrintsOnlyJsonOnStandardOutput) {
  const Ran ran = run({"check", kShatteredNetwork, "--seeds", "2", "--json", "-"});
  const std::vector<json> records = parsed(ran.out);
  ASSERT_GE(records.size(), 3U);
  EXPECT_EQ(records.front()["kind"], "context");
  EXPECT_EQ(records.back()["kind"], "coverage");
  EXPECT_EQ(records.front()["seeds"], 2);
  EXPECT_EQ(records.front()["command"],
            std::string("shatterproof check ") + kShatteredNetwork + " --seeds 2 --json -");
  EXPECT_THAT(ran.err, HasSubstr("verdict   WATCH"));
  EXPECT_EQ(run({"check", kSmallFamily, "--json", "-", "--quiet"}).err, "");
}

TEST(Check, TheResultsFileSaysWhatTheTerminalSays) {
  const std::string path = (scratch() / "results.jsonl").string();
  const Ran ran = run({"check", kShatteredNetwork, "--seeds", "2", "--json", path});
  const Results results = read_results(path);
  ASSERT_FALSE(results.findings.empty());
  EXPECT_THAT(results.findings, testing::Contains(testing::Field(&Finding::id, "shattered")));
  EXPECT_THAT(ran.out, HasSubstr(results.findings.front().confidence));
  EXPECT_EQ(results.context.network, kShatteredNetwork);
  EXPECT_EQ(results.context.examples, 256);
  EXPECT_EQ(results.coverage.size(), 1U);
}

TEST(Check, TheBatchThatFitsTheMemoryIsSaid) {
  const Ran ran = run({"check", kSmallFamily, "--seeds", "1", "--memory", "30K"});
  EXPECT_NE(ran.code, kBadInput) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("as many as fit into 30.0 KiB"));
}

TEST(Check, ExplainPrintsEveryThresholdAndAFileOverridesThem) {
  const Ran plain = run({"check", "--explain"});
  EXPECT_EQ(plain.code, kHealthy);
  EXPECT_THAT(plain.out, HasSubstr("shattered.watch_length"));
  const std::filesystem::path path = scratch() / "lenient.toml";
  write_bytes(path, "[shattered]\nwatch_length = 1e-9\ncritical_length = 1e-9\n");
  const Ran lenient = run({"check", kShatteredNetwork, "--seeds", "2", "--thresholds", path.string()});
  EXPECT_THAT(lenient.out, Not(HasSubstr("shattered   critical")));
}

TEST(Check, TheSameCommandGivesTheSameNumbersOnOneThreadAndOnTwo) {
  const std::vector<std::string> words = {"check",  kSmallFamily, "--seeds", "3",
                                          "--json", "-",          "--quiet", "--threads"};
  std::vector<std::string> one = words, two = words;
  one.push_back("1");
  two.push_back("2");
  const std::vector<json> a = parsed(run(one).out), b = parsed(run(two).out);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 1; i < a.size(); ++i) {
    EXPECT_EQ(a[i], b[i]);
  }
}

TEST(Check, CtrlCEndsItWithTheCodeOfShells) {
  std::atomic<bool> ended = false;
  // Again and again: a request made before the command begins is forgotten by it.
  std::jthread impatient([&] {
    while (!ended) {
      request_interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const Ran ran = run({"check", kShatteredNetwork, "--seeds", "200"});
  ended = true;
  EXPECT_EQ(ran.code, kInterrupted);
  EXPECT_EQ(ran.err, "shatterproof: interrupted\n");
}

}  // namespace
}  // namespace shatterproof::cli::check_test
