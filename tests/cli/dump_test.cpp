// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::dump_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kNetwork = "residual:depth=4,width=8,norm=batch,input=5";

std::string fresh_folder(const char* name) {
  const std::filesystem::path folder = scratch() / name;
  std::filesystem::remove_all(folder);
  return folder.string();
}

TEST(Dump, ReadBackItGivesTheReadingsOfTheRunItself) {
  const std::string folder = fresh_folder("dump");
  const std::vector<std::string> names = {"gradient_correlation", "gradient_variance", "activation_fraction",
                                          "coactivation"};
  std::vector<std::string> direct = {"measure", kNetwork}, again = {"measure"};
  direct.insert(direct.end(), names.begin(), names.end());
  direct.insert(direct.end(), {"--seeds", "1", "--batch", "32", "--batch-norm", "detached", "--dump", folder,
                               "--json", "-"});
  again.insert(again.end(), names.begin(), names.end());
  again.insert(again.end(), {"--taps", folder, "--json", "-"});
  const Ran run_itself = run(direct), read_back = run(again);
  ASSERT_EQ(run_itself.code, kHealthy) << run_itself.err;
  ASSERT_EQ(read_back.code, kHealthy) << read_back.err;
  std::vector<std::string> a = lines_of(run_itself.out);
  const std::vector<std::string> b = lines_of(read_back.out);
  const size_t with_network = a.size();
  std::erase_if(a, [](const std::string& line) {  // what a dump, which does not know its network, cannot have
    const json kind = json::parse(line)["kind"];
    return kind == "graph" || kind == "prediction";
  });
  EXPECT_GT(with_network, a.size());
  ASSERT_EQ(a.size(), b.size());
  ASSERT_GT(a.size(), names.size());
  for (size_t i = 1; i + 1 < a.size(); ++i) EXPECT_EQ(a[i], b[i]);
  EXPECT_EQ(json::parse(b[0])["examples"], 32);
}

TEST(Dump, SaysHowDrawsOfItsReadingsAreAveraged) {
  const std::string folder = fresh_folder("averaged");
  ASSERT_EQ(
      run({"measure", kNetwork, "bimodality", "--seeds", "1", "--functional", "probe", "--dump", folder})
          .code,
      kHealthy);
  const Ran ran =
      run({"measure", "--taps", folder, "gradient_scale_coefficient", "gradient_correlation", "--json", "-"});
  ASSERT_EQ(ran.code, kHealthy) << ran.err;
  const std::vector<std::string> lines = lines_of(ran.out);
  EXPECT_EQ(json::parse(lines.at(1)).value("mean", ""), "geometric");
  EXPECT_EQ(json::parse(lines.at(2)).value("mean", ""), "") << "arithmetic";
}

TEST(Dump, ItsListNamesEveryFileAndEveryFileIsThere) {
  const std::string folder = fresh_folder("listed");
  ASSERT_EQ(run({"check", kNetwork, "--seeds", "1", "--batch", "8", "--dump", folder}).code, kHealthy);
  const json taps = json::parse(bytes_of(std::filesystem::path(folder) / "taps.json"));
  size_t named = 0;
  for (const json& tap : taps) {
    for (const char* key : {"forward", "gradient"}) {
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(folder) / tap[key].get<std::string>()))
          << tap;
      ++named;
    }
    if (tap.contains("inputs")) named += tap["inputs"].size();
  }
  size_t arrays = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    arrays += entry.path().extension() == ".npy";
  EXPECT_EQ(arrays, named);
}

TEST(Dump, ACheckOfItJudgesWhatTapsCanTell) {
  const std::string folder = fresh_folder("judged");
  ASSERT_EQ(run({"measure", kNetwork, "bimodality", "--seeds", "1", "--dump", folder}).code, kHealthy);
  const Ran ran = run({"check", "--taps", folder});
  EXPECT_EQ(ran.code, kHealthy) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("verdict   UNKNOWN"));
  EXPECT_THAT(ran.out, HasSubstr("skipped end_to_end_gain: needs the functional"));
}

TEST(Dump, WhatNeedsTheNetworkIsUndefinedWithTheReason) {
  const std::string folder = fresh_folder("network");
  ASSERT_EQ(run({"measure", kNetwork, "bimodality", "--seeds", "1", "--dump", folder}).code, kHealthy);
  const Ran ran = run({"measure", "--taps", folder, "correlation_length"});
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_THAT(ran.out, HasSubstr("undefined: needs the network"));
}

TEST(Dump, DamagedDumpsAreRefusedInOneLine) {
  const std::string folder = fresh_folder("damaged");
  ASSERT_EQ(run({"measure", kNetwork, "bimodality", "--seeds", "1", "--dump", folder}).code, kHealthy);
  const std::filesystem::path list = std::filesystem::path(folder) / "taps.json";
  const std::string whole = bytes_of(list);
  const auto refused = [&](const std::string& bytes) {
    write_bytes(list, bytes);
    const Ran ran = run({"measure", "--taps", folder, "bimodality"});
    EXPECT_EQ(ran.code, kBadInput) << bytes.substr(0, 80);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
  };
  refused(whole.substr(0, whole.size() / 2));
  refused("[1, 2]");
  refused("{}");
  json missing = json::parse(whole);
  missing[0]["forward"] = "none.npy";
  refused(missing.dump());
  json outside = json::parse(whole);
  outside[0]["forward"] = "../five.npy";
  refused(outside.dump());
  json unknown = json::parse(whole);
  unknown[0]["kind"] = "faucet";
  refused(unknown.dump());
}

}  // namespace
}  // namespace shatterproof::cli::dump_test
