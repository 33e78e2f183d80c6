// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "cli/sparkline.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/results/reader.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::report_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kResidual = "residual:depth=6,width=8,norm=batch,beta=0.3,input=8";

TEST(Report, DrawsTheSamePageFromTheFileAsTheCommandDrewFromTheRun) {
  const std::string json = (scratch() / "same.jsonl").string(), page = (scratch() / "same.html").string();
  const Ran checked = run({"check", kResidual, "--seeds", "1", "--json", json, "--report", page});
  ASSERT_NE(checked.code, kBadInput) << checked.err;
  EXPECT_EQ(lines_of(checked.out).back(), "report    " + page);
  const std::string again = (scratch() / "again.html").string();
  const Ran drawn = run({"report", json, "-o", again});
  EXPECT_EQ(drawn.code, kHealthy) << drawn.err;
  EXPECT_EQ(lines_of(drawn.out).back(), again);
  EXPECT_EQ(bytes_of(page), bytes_of(again));
}

TEST(Report, MeasureAndReproduceDrawPagesToo) {
  const std::string page = (scratch() / "measure.html").string();
  const Ran measured = run({"measure", kSmallFamily, "gradient_variance", "--seeds", "2", "--report", page});
  EXPECT_EQ(lines_of(measured.out).back(), "report    " + page);
  EXPECT_THAT(bytes_of(page), HasSubstr("\"gradient_variance\""));
  const fs::path study = scratch() / "tiny.toml";
  write_bytes(study,
              "title = \"What it shows\"\nreference = \"none\"\n[settings]\nseeds = 1\n"
              "measure = [\"gradient_variance\"]\n[[case]]\nname = \"a\"\n"
              "network = \"feedforward:depth=2,width=4\"\n");
  const std::string drawn = (scratch() / "study.html").string();
  const Ran reproduced =
      run({"reproduce", study.string(), "--out", (scratch() / "out").string(), "--report", drawn});
  EXPECT_EQ(reproduced.code, kHealthy) << reproduced.err;
  EXPECT_EQ(lines_of(reproduced.out).back(), "report    " + drawn);
  EXPECT_THAT(bytes_of(drawn), HasSubstr("\"title\":\"What it shows\""));
}

TEST(Report, RefusesWhatIsNoResultsFileInOneLineAndWritesNothing) {
  const fs::path broken = scratch() / "broken.jsonl", page = scratch() / "broken.html";
  write_bytes(broken, "{\"kind\":\"context\",\"schema\":1}\n{\"kind\":\"rea");
  const Ran ran = run({"report", broken.string(), "-o", page.string()});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("broken.jsonl: line 2: "));
  EXPECT_FALSE(fs::exists(page));
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"report"},
           {"report", broken.string()},
           {"report", "absent.jsonl", "-o", page.string()},
           {"report", scratch().string(), "-o", page.string()},
           {"report", broken.string(), "-o", broken.string()},
           {"check", kSmallFamily, "--report", "-"},
           {"check", kSmallFamily, "--report", "a.html", "--json", "a.html"},
           {"reproduce", "shattered_gradients", "--quick", "--report", page.string()}}) {
    EXPECT_EQ(run(words).code, kBadInput) << words.back();
  }
}

TEST(Report, WithJsonOnStandardOutputThePathIsTalk) {
  const std::string page = (scratch() / "talk.html").string();
  const Ran ran = run({"check", kSmallFamily, "--seeds", "1", "--json", "-", "--report", page});
  EXPECT_THAT(ran.out, Not(HasSubstr("talk.html\n")));
  EXPECT_EQ(lines_of(ran.err).back(), "report    " + page);
}

TEST(Graph, HoldsWhatTheInputReachesWithItsSkipsAndTheTapsOfReadings) {
  const GraphRecord graph = graph_record(build_family(kResidual));
  int64_t skips = 0, layers = 0;
  for (const GraphRecord::Edge& edge : graph.edges) {
    EXPECT_LT(edge.from, edge.to) << "nodes are in topological order";
    skips += edge.skip;
  }
  for (const GraphRecord::Node& node : graph.nodes) layers = std::max<int64_t>(layers, node.layer);
  EXPECT_EQ(graph.nodes.front().op, "Input");
  EXPECT_EQ(skips, 6) << "one for each residual block";
  EXPECT_EQ(layers, 7) << "six hidden layers and the output's";

  const std::string json = (scratch() / "graph.jsonl").string();
  run({"measure", kResidual, "gradient_correlation", "--seeds", "1", "--json", json});
  const Results results = read_results(json);
  ASSERT_EQ(results.graphs.size(), 1U);
  for (const std::string& label : results.readings.front().x_labels) {
    const auto named = [&](const GraphRecord::Node& node) {
      return std::count(node.taps.begin(), node.taps.end(), label) == 1;
    };
    EXPECT_EQ(std::count_if(graph.nodes.begin(), graph.nodes.end(), named), 1) << label;
  }
}

TEST(Sparkline, RunsFromTheLowestBlockToTheHighest) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(std::vector<double>{7, 0}, 8), "█▁");
}

TEST(Sparkline, ShowsDecadesByTheirLogarithms) {
  EXPECT_EQ(sparkline(std::vector<double>{1, 10, 100, 1000}, 8), "▁▃▆█");
  EXPECT_FALSE(spans_decades(std::vector<double>{1, 99}));
  EXPECT_FALSE(spans_decades(std::vector<double>{-1, 1000}));
}

TEST(Sparkline, AveragesNeighboursIntoItsWidthAndLeavesGapsForWhatIsNoNumber) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 0, 7, 7}, 2), "▁█");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(sparkline(std::vector<double>{0, nan, 1}, 8), "▁ █");
  EXPECT_EQ(sparkline(std::vector<double>{3, 3.001}, 8), "▅▅");
  EXPECT_EQ(sparkline(std::vector<double>{nan}, 8), " ");
}

// Characters, not bytes: blocks take three.
size_t letters(const std::string& line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(Terminal, CheckAndMeasureFitEightyColumns) {
  const std::string sick = "feedforward:depth=30,width=40,norm=batch,input=40";
  for (const Ran& ran : {run({"check", sick, "--seeds", "2"}),
                         run({"measure", sick, "gradient_correlation", "gradient_autocorrelation",
                              "coactivation", "--seeds", "2"})}) {
    for (const std::string& line : lines_of(ran.out)) EXPECT_LE(letters(line), 80U) << line;
    EXPECT_THAT(ran.out, HasSubstr("█"));
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b"))) << "no colour";
  }
}

}  // namespace
}  // namespace shatterproof::cli::report_test
