// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/dump.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"
#include "tests/run/recorder.h"

namespace shatterproof::dump_test {
namespace {

namespace fs = std::filesystem;

class DumpTest : public testing::Test {
 protected:
  fs::path folder = fs::path(testing::TempDir()) / ("dump_" + std::to_string(getpid()));
  Recorder seen;

  void SetUp() override {
    fs::remove_all(folder);
    const Network network =
        initialize(build_family("residual:depth=2,width=8,input=8,norm=batch"), "he", 1).network;
    at::manual_seed(1);
    const Batch batch{.inputs = {at::randn({6, 8})}};
    TapDump dump(folder);
    Observer* observers[] = {&dump, &seen};
    Execution(network, {}).run(batch, observers);
    dump.close(network);
  }
  void TearDown() override { fs::remove_all(folder); }

  void overwrite(const char* file, const std::string& text) { std::ofstream(folder / file) << text; }
};

TEST_F(DumpTest, ReplayShowsWhatTheRunShowed) {
  Recorder replayed;
  Observer* observers[] = {&replayed};
  const auto source = dump_source(folder);
  source->run({}, observers, {});
  EXPECT_EQ(source->recorded()->examples, 6);
  EXPECT_EQ(source->recorded()->batch_norm, "detached");
  ASSERT_EQ(replayed.values.size(), seen.values.size());
  ASSERT_EQ(replayed.gradients.size(), seen.gradients.size());
  for (const auto& [tap, value] : seen.values) EXPECT_TRUE(at::equal(replayed.values.at(tap), value)) << tap;
  for (const auto& [tap, value] : seen.gradients)
    EXPECT_TRUE(at::equal(replayed.gradients.at(tap), value)) << tap;
}

TEST_F(DumpTest, NamesEveryTapOnce) {
  std::set<std::string> names;
  for (const Tap& tap : dump_source(folder)->taps({})) EXPECT_TRUE(names.insert(tap.name).second) << tap.name;
}

TEST_F(DumpTest, OfAPathHoldsTheInputsWhoseStatisticsWereTaken) {
  fs::remove_all(folder);
  const Network network =
      initialize(build_family("feedforward:depth=2,width=8,input=8,norm=batch"), "he", 1).network;
  at::manual_seed(1);
  const at::Tensor ends = at::randn({6, 8});
  const Batch path{.inputs = {ends.slice(0, 0, 2)}, .along_path = true, .statistics_inputs = {ends}};
  TapDump dump(folder);
  Observer* observers[] = {&dump};
  Execution(network, {}).run(path, observers);
  dump.close(network, path.statistics_inputs);
  std::ifstream file(folder / "context.json");
  const auto context = nlohmann::json::parse(file);
  Execution again(network, {});
  again.hold_statistics({read_npy((folder / context.at("statistics_inputs").at(0)).string())});
  Recorder seen_again;
  Observer* others[] = {&seen_again};
  again.run({.inputs = path.inputs}, others);
  Recorder replayed;
  Observer* replaying[] = {&replayed};
  dump_source(folder)->run({}, replaying, {});
  for (const auto& [tap, value] : replayed.gradients)
    EXPECT_TRUE(at::equal(seen_again.gradients.at(tap), value)) << tap;
}

TEST_F(DumpTest, AFullFolderIsNotWrittenInto) {
  EXPECT_THROW(TapDump{folder}, IoError);
}

TEST_F(DumpTest, ABrokenDumpIsRefusedInOneLine) {
  const char* broken[] = {"",
                          "{",
                          "{}",
                          "[]",
                          "[1]",
                          R"([{"name": "a"}])",
                          R"([{"name": "a", "kind": "soup"}])",
                          R"([{"name": "a", "kind": "input", "forward": "../escape.npy"}])",
                          R"([{"name": "a", "kind": "input", "forward": "missing.npy"}])"};
  for (const char* text : broken) {
    overwrite("taps.json", text);
    Recorder recorder;
    Observer* observers[] = {&recorder};
    EXPECT_THROW(dump_source(folder)->run({}, observers, {}), IoError) << text;
  }
  fs::remove(folder / "context.json");
  EXPECT_THROW(dump_source(folder), IoError);
}

}  // namespace
}  // namespace shatterproof::dump_test
