// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "shatterproof/core/error.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"
#include "tests/results/sample.h"

namespace shatterproof::results_file_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void write_all(ResultsWriter& writer, const Results& results) {
  writer.write(results.context);
  for (const CaseRecord& one : results.cases) writer.write(one);
  for (const GraphRecord& graph : results.graphs) writer.write(graph);
  for (const Reading& reading : results.readings) writer.write(reading);
  for (const PredictionRecord& prediction : results.predictions) writer.write(prediction);
  for (const Finding& finding : results.findings) writer.write(finding);
  for (const VerdictRecord& verdict : results.verdicts) writer.write(verdict);
  for (const Claim& claim : results.claims) writer.write(claim);
  for (const EpochRecord& epoch : results.epochs) writer.write(epoch);
  for (const CoverageRecord& coverage : results.coverage) writer.write(coverage);
  writer.close();
}

std::string written(const Results& results) {
  std::ostringstream stream;
  ResultsWriter writer(stream);
  write_all(writer, results);
  return stream.str();
}

Results read_text(const std::string& text) {
  std::istringstream stream(text);
  return read_results(stream, "x.jsonl");
}

std::string line_of(const Reading& reading) {
  std::ostringstream stream;
  ResultsWriter writer(stream);
  writer.write(reading);
  return stream.str();
}

std::string refusal(const std::string& text) {
  try {
    read_text(text);
  } catch (const IoError& error) {
    return error.what();
  }
  return "accepted";
}

constexpr const char* kContext = "{\"kind\":\"context\",\"schema\":1}\n";

class ResultsFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_ = fs::temp_directory_path() / ("results_file_test_" + std::to_string(getpid()));
};

TEST_F(ResultsFile, ReadsBackWhatWasWritten) {
  const std::string text = written(sample_results());
  const Results read = read_text(text);
  // Written again it is the same text: every key of every kind went through, except a matrix' rounded digits.
  EXPECT_EQ(written(read), text);
  const Results sample = sample_results();
  EXPECT_EQ(read.context.seed, sample.context.seed);
  ASSERT_EQ(read.readings.size(), sample.readings.size());
  EXPECT_EQ(read.readings[0].bound, ">");
  EXPECT_EQ(read.readings[0].standard_error, sample.readings[0].standard_error);
  EXPECT_TRUE(std::isnan(read.readings[1].values[0]));
  EXPECT_EQ(read.readings[1].values[1], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(read.readings[1].values[2], 0.1);
  EXPECT_EQ(read.readings[1].standard_error[2], 1e-300);
  EXPECT_EQ(read.readings[0].over_seeds, SeedMean::arithmetic);
  EXPECT_EQ(read.readings[1].over_seeds, SeedMean::geometric);
  EXPECT_EQ(read.readings[2].depth, 1);
  EXPECT_EQ(read.readings[5].undefined, "gradient is constant along the inputs");
  EXPECT_EQ(read.findings[0].evidence[0].healthy, 0.25);
  EXPECT_EQ(read.findings[0].layers->last, 58);
  EXPECT_FALSE(read.findings[1].layers.has_value());
  ASSERT_EQ(read.graphs[0].nodes.size(), 3U);
  EXPECT_EQ(read.graphs[0].nodes[2].taps, (std::vector<std::string>{"sum", "out"}));
  EXPECT_EQ(read.graphs[0].nodes[1].layer, 1);
  EXPECT_TRUE(read.graphs[0].edges[2].skip);
  EXPECT_EQ(read.verdicts[0].healthy, sample.verdicts[0].healthy);
  EXPECT_EQ(read.context.note, sample.context.note);
  EXPECT_TRUE(std::isnan(read.claims[1].measured));
  EXPECT_FALSE(read.epochs[0].test_loss.has_value());
  EXPECT_EQ(read.epochs[1].train_loss, std::numeric_limits<double>::infinity());
  EXPECT_EQ(read.epochs[1].test_accuracy, .5);
  EXPECT_EQ(read.epochs[1].case_name, "seed 2");
  EXPECT_TRUE(read.claims[0].logarithmic);
  EXPECT_EQ(read.claims[0].case_name, read.cases[0].name);
  EXPECT_EQ(read.cases[1].seeds, 400);
  EXPECT_EQ(read.cases[1].at, sample.cases[1].at);
  EXPECT_EQ(read.cases[1].choices, sample.cases[1].choices);
  EXPECT_EQ(read.cases[1].settings, sample.cases[1].settings);
  EXPECT_EQ(read.coverage[0].skipped[0].reason, "Shape has no derivative");
}

TEST_F(ResultsFile, SaysWhatEveryNullStoodFor) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(line_of(scalar_reading("a", kNan)), HasSubstr(R"("value":null,"n":1,"non_finite":"nan")"));
  EXPECT_THAT(line_of(curve_reading("a", "x", {0, 1, 2}, {-INFINITY, 2, kNan})),
              HasSubstr(R"("y":[null,2.0,null],"n":1,"non_finite":{"y":["-inf","nan"]})"));
  EXPECT_THAT(line_of(scalar_reading("a", 1)), ::testing::Not(HasSubstr("non_finite")));
}

TEST_F(ResultsFile, RoundsMatricesToFiveDigitsAndNothingElse) {
  EXPECT_THAT(line_of(matrix_reading("a", {1, 3}, {0.123456789, 12345678, -9.99999e-9})),
              HasSubstr("[0.12346,12346000.0,-1e-08]"));
  EXPECT_THAT(line_of(scalar_reading("a", 0.1234567890123)), HasSubstr("0.1234567890123"));
}

TEST_F(ResultsFile, AppearsOnlyWhenItIsComplete) {
  {
    ResultsWriter writer(path("a.jsonl"));
    writer.write(sample_results().context);
    EXPECT_FALSE(fs::exists(path("a.jsonl")));
  }
  EXPECT_EQ(files(), 0U) << "an abandoned file leaves nothing behind";
  ResultsWriter writer(path("a.jsonl"));
  write_all(writer, sample_results());
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(read_results(path("a.jsonl")).readings.size(), sample_results().readings.size());
  EXPECT_THROW(writer.write(sample_results().context), std::invalid_argument);
}

TEST_F(ResultsFile, StreamsLineByLine) {
  std::ostringstream stream;
  ResultsWriter writer(stream);
  writer.write(sample_results().context);
  EXPECT_EQ(stream.str().back(), '\n');
  stream.setstate(std::ios::badbit);
  EXPECT_THROW(writer.write(sample_results().context), IoError);
}

TEST_F(ResultsFile, WritesNamesThatAreNoUtf8) {
  Reading reading = scalar_reading("a", 1);
  reading.tap = "layer \xff\xfe";
  EXPECT_THAT(line_of(reading), HasSubstr("layer "));
}

TEST_F(ResultsFile, IgnoresWhatNewerWritersAdd) {
  const Results read =
      read_text(std::string(kContext) +
                R"({"kind":"reading","name":"a","type":"scalar","value":1,"colour":{"r":[1]}})" + "\n" +
                R"({"kind":"sonnet","lines":14})" + "\n\n");
  EXPECT_EQ(read.readings.size(), 1U);
}

TEST_F(ResultsFile, IsRefusedWithTheNumberOfTheLine) {
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal("{\"kind\":\"reading\"}\n"), HasSubstr("x.jsonl: line 1: results: the first line"));
  EXPECT_THAT(refusal("{\"kind\":\"context\",\"schema\":3}\n"), HasSubstr("reads up to 2; got 3"));
  const std::vector<std::string> broken = {
      "{\"kind\":\"read",
      "[1]",
      "{}",
      "{\"kind\":7}",
      "{\"kind\":\"context\",\"schema\":1}",
      R"({"kind":"reading","type":"scalar","value":1})",
      R"({"kind":"reading","name":"a","type":"tensor","value":1})",
      R"({"kind":"reading","name":"a","type":"scalar"})",
      R"({"kind":"reading","name":"a","type":"scalar","value":null})",
      R"({"kind":"reading","name":"a","type":"scalar","value":null,"non_finite":{"y":["nan"]}})",
      R"({"kind":"reading","name":"a","type":"scalar","value":null,"non_finite":"many"})",
      R"({"kind":"reading","name":"a","type":"scalar","value":1,"depth":1e300})",
      R"({"kind":"reading","name":"a","type":"scalar","value":1,"n":-1})",
      R"({"kind":"reading","name":"a","type":"curve","x_name":"x","x":[0],"y":[1,2]})",
      R"({"kind":"reading","name":"a","type":"histogram","x_name":"x","x":[0,1],"y":[1,2]})",
      R"({"kind":"reading","name":"a","type":"matrix","shape":[1099511627776,1099511627776],"values":[1]})",
      R"({"kind":"reading","name":"a","type":"curve","x_name":"x","x":[0],"y":[1],"standard_error":[1,2]})",
      R"({"kind":"graph","nodes":[{"name":"a"}],"edges":[]})",
      R"({"kind":"graph","nodes":[{"name":"a","operator":"Add","depth":0}],"edges":[[0,1]]})",
      R"({"kind":"graph","nodes":[],"edges":[0]})",
      R"({"kind":"verdict","healthy":[]})",
      R"({"kind":"finding","id":"a","severity":"bad"})",
      R"({"kind":"finding","id":"a","severity":"watch","layers":[1,2,3]})",
      R"({"kind":"finding","id":"a","severity":"watch","evidence":{"r":7}})",
      R"({"kind":"claim","study":"s","claim":"c","measured":1,"expected":1,"tolerance":1,"pass":1})",
      R"({"kind":"coverage","skipped":[1]})",
  };
  for (const std::string& line : broken) {
    EXPECT_THAT(refusal(kContext + line + "\n"), HasSubstr("x.jsonl: line 2: ")) << line;
  }
}

TEST_F(ResultsFile, CutAnywhereIsRefusedOrEndsBetweenTwoLines) {
  const std::string text = written(sample_results());
  for (size_t length = 0; length < text.size(); length += 7) {
    const bool whole_lines = length > 0 && (text[length - 1] == '\n' || text[length] == '\n');
    EXPECT_EQ(refusal(text.substr(0, length)) == "accepted", whole_lines) << length;
  }
}

TEST_F(ResultsFile, NeedsAFileThatCanBeReadAndWritten) {
  EXPECT_THROW(read_results(folder_.string()), IoError);
  EXPECT_THROW(read_results(path("absent.jsonl")), IoError);
  EXPECT_THROW(ResultsWriter{folder_.string()}, IoError);
  EXPECT_THROW(ResultsWriter{path("absent/a.jsonl")}, IoError);
}

// Leaves the sample where its validation against the schema looks for it.
TEST_F(ResultsFile, WritesTheSampleForTheSchema) {
  const char* destination = std::getenv("SHATTERPROOF_SAMPLE");
  const fs::path file = destination ? destination : path("sample.jsonl");
  ResultsWriter writer(file);
  write_all(writer, sample_results());
  EXPECT_EQ(read_results(file).readings.size(), sample_results().readings.size());
}

}  // namespace
}  // namespace shatterproof::results_file_test
