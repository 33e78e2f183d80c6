// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/results/reader.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::mend_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSick = "feedforward:depth=30,width=40,norm=batch,input=40,output=10";

std::vector<std::string> mending(const std::string& network, const std::string& output,
                                 std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"mend", network, "--seeds", "2", "-o", output};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(MendCommand, WritesANetworkWithoutTheFindings) {
  const std::string output = (scratch() / "mended.onnx").string(),
                    json = (scratch() / "mended.jsonl").string(), page = (scratch() / "mended.html").string();
  const Ran ran = run(mending(kSick, output, {"--json", json, "--report", page}));
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\nverdict   HEALTHY"));
  EXPECT_THAT(ran.out, HasSubstr("\n  *  add_skips"));
  EXPECT_THAT(ran.out, HasSubstr("\nfile      " + output + "\n"));
  const Results results = read_results(json);
  EXPECT_EQ(results.cases.size(), 2U);
  EXPECT_THAT(bytes_of(page), HasSubstr("<html"));
  const Ran checked = run({"check", output, "--untrained", "--fail-on", "watch"});
  EXPECT_EQ(checked.code, kHealthy) << checked.out;
}

TEST(MendCommand, TrainsBothAndSaysWhoLearns) {
  const std::string output = (scratch() / "trained.onnx").string();
  const Ran ran =
      run(mending(kSick, output, {"--data", "teacher:256", "--steps", "40", "--learning-rates", "3e-3"}));
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\ntraining  "));
  EXPECT_THAT(ran.out, HasSubstr("\n  before  loss "));
  EXPECT_THAT(ran.out, HasSubstr(" at 0.003\n"));
}

TEST(MendCommand, SaysWhenNothingHelpsAndWritesNothing) {
  const std::filesystem::path output = scratch() / "unmended.onnx";
  const Ran ran = run(mending(kSick, output.string(), {"--only", "scale_layer"}));
  EXPECT_EQ(ran.code, kFindings) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("mended    nothing that was tried helps\n"));
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(MendCommand, LeavesAHealthyNetworkAlone) {
  const std::filesystem::path output = scratch() / "healthy.onnx";
  const Ran ran = run(mending("feedforward:depth=2,width=40,input=40,output=10", output.string()));
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("there is nothing to mend"));
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(MendCommand, CtrlCLeavesNoFile) {
  const std::filesystem::path output = scratch() / "interrupted.onnx";
  std::atomic<bool> ended = false;
  std::jthread impatient([&] {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    while (!ended) {
      request_interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const Ran ran = run(mending(kSick, output.string(), {"--only", "scale_layer,redraw"}));
  ended = true;
  EXPECT_EQ(ran.code, kInterrupted);
  EXPECT_THAT(ran.err, HasSubstr("shatterproof: interrupted\n"));
  EXPECT_FALSE(std::filesystem::exists(output));
}

}  // namespace
}  // namespace shatterproof::cli::mend_test
