// SPDX-License-Identifier: Apache-2.0
// Predictions stand on the axes of the readings they speak of, and networks read what they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/theory/catalog.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::predict_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<json> records(const std::vector<std::string>& words, const char* kind) {
  std::vector<std::string> line = words;
  line.insert(line.end(), {"--json", "-"});
  const Ran ran = run(line);
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  std::vector<json> found;
  for (const std::string& text : lines_of(ran.out)) {
    json record = json::parse(text);
    if (record["kind"] == kind) found.push_back(std::move(record));
  }
  return found;
}

// The place and the axis of a record; distances and lags are compared as numbers.
json axis_of(const json& record) {
  json axis;
  for (const char* key : {"name", "type", "tap", "layer", "x_name", "x"}) {
    if (record.contains(key)) axis[key] = record[key];
  }
  return axis;
}

// The reading that a prediction speaks of: the one on the same axis.
const json* read_alike(const std::vector<json>& readings, const json& prediction) {
  const auto found = std::find_if(readings.begin(), readings.end(), [&](const json& reading) {
    return axis_of(reading) == axis_of(prediction);
  });
  return found == readings.end() ? nullptr : &*found;
}

const std::vector<std::string> kGradients = {"gradient_correlation", "gradient_variance"};
const std::vector<std::string> kActivity = {"coactivation", "activation_fraction"};

struct Case {
  const char* network;
  std::vector<std::string> names;
  std::vector<std::string> options = {};
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.network;
}

const Case kCases[] = {
    {"feedforward:depth=3,width=100,input=50",
     {"gradient_correlation", "gradient_variance", "correlation_length"}},
    {"feedforward:depth=3,width=100,input=50,norm=batch", {"gradient_variance", "correlation_length"}},
    {"feedforward:depth=3,width=100,input=50,norm=center", kGradients},
    {"feedforward:depth=3,width=100", {"gradient_variance", "gradient_correlation"}},
    {"residual:depth=3,width=100,input=100", kGradients},
    {"residual:depth=3,width=100,input=50,alpha=0.7,beta=0.6", kGradients},
    {"residual:depth=3,width=100", kGradients},
    {"residual:depth=4,width=100,input=100,norm=batch", kGradients},
    {"residual:depth=4,width=100,input=100,norm=batch,layers_per_block=2", kGradients},
    {"residual:depth=4,width=100,input=50,layers_per_block=2", kGradients},
    {"highway:depth=3,width=100,input=100,norm=batch", kGradients},
    {"highway:depth=3,width=100,input=50", kGradients},
    {"highway:depth=3,width=100", kGradients},
    {"shallow:width=100,bias_std=1", {"gradient_correlation", "gradient_autocorrelation"}},
    {"feedforward:depth=3,width=100,input=50", kActivity},
    {"feedforward:depth=3,width=100,input=50,norm=batch", kActivity},
    {"residual:depth=3,width=100", kActivity, {"--inputs", "grid:-2:2:64"}},
    {"shallow:width=100,bias_std=1", kActivity},
    {"feedforward:depth=3,width=100", {"gradient_autocorrelation"}},
    {"feedforward:depth=3,width=100,input=50,norm=batch",
     {"gradient_correlation"},
     {"--batch-norm", "attached"}},
};

std::vector<std::string> words_of(const Case& tested, const char* verb) {
  std::vector<std::string> words = {verb, tested.network};
  words.insert(words.end(), tested.names.begin(), tested.names.end());
  words.insert(words.end(), tested.options.begin(), tested.options.end());
  return words;
}

class Predicted : public testing::TestWithParam<Case> {};

// The better of two predictions comes first: the one that networks are compared with.
TEST_P(Predicted, IsWhatNetworksRead) {
  constexpr double kFiniteWidth = .08;  // of the value: width 100, 256 examples
  constexpr double kSigmas = 5;
  constexpr double kSmallest = .01;  // correlations of inputs of 50 numbers are no smaller
  std::vector<std::string> measure = words_of(GetParam(), "measure");
  measure.insert(measure.end(), {"--seeds", "60"});
  const std::vector<json> readings = records(measure, "reading");
  std::vector<json> compared;
  for (const json& prediction : records(words_of(GetParam(), "predict"), "prediction")) {
    const json* reading = read_alike(readings, prediction);
    ASSERT_NE(reading, nullptr) << prediction.dump();
    if (std::find(compared.begin(), compared.end(), axis_of(prediction)) != compared.end()) continue;
    compared.push_back(axis_of(prediction));
    if (prediction["type"] == "scalar") continue;  // the first of the curve; a length may be a bound
    for (size_t i = 0; i < prediction["y"].size(); ++i) {
      const double expected = prediction["y"][i], measured = (*reading)["y"][i];
      const double error = (*reading)["standard_error"][i];
      EXPECT_NEAR(measured, expected, kSigmas * error + kFiniteWidth * std::abs(expected) + kSmallest)
          << prediction["name"] << " at " << prediction["x"][i] << ", " << prediction["assumes"];
    }
  }
  EXPECT_FALSE(compared.empty());
}

INSTANTIATE_TEST_SUITE_P(Networks, Predicted, testing::ValuesIn(kCases));

TEST(Predict, PrintsAsMeasureDoesAndSaysByWhichTheory) {
  const Ran ran = run({"predict", "residual:depth=10,norm=batch,input=200", "gradient_correlation"});
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_THAT(ran.out, HasSubstr("gradient_correlation  at input  depth 0  0.275"));
  EXPECT_THAT(ran.out, HasSubstr("by centred_product: infinite width"));
  EXPECT_LT(ran.out.find("centred_product"), ran.out.find("exact_product"));
  EXPECT_EQ(ran.err, "");
}

const std::string kScale = "gradient_scale_coefficient";

TEST(Predict, LabelsAPredictionAsTheMeasurementItSpeaksOf) {
  const std::vector<json> scale =
      records({"predict", "feedforward:preset=layer_tanh,depth=10", kScale, "nonlinearity_coefficient"},
              "prediction");
  ASSERT_EQ(scale.size(), 2U);
  for (const json& one : scale) {
    const MeasurementRecord& record = measurement_of(one["name"].get<std::string>());
    EXPECT_EQ(one["functional"], record.functional == PreferredFunctional::probe ? "probe" : "sum");
    EXPECT_EQ(one["batch_norm"],
              record.batch_norm == PreferredStatistics::attached ? "attached" : "detached");
  }
  EXPECT_EQ(scale[0]["functional"], "probe");
  EXPECT_EQ(scale[0]["batch_norm"], "attached");
}

TEST(Predict, KnowsPresetsAsTheNetworksTheyAre) {
  const std::vector<json> preset =
      records({"predict", "residual:preset=batch_relu,depth=10", kScale, "dilution"}, "prediction");
  const std::vector<json> written =
      records({"predict",
               "residual:depth=10,count=linear,layers_per_block=2,norm=batch,input=100,width=100,output=100",
               kScale, "dilution"},
              "prediction");
  ASSERT_EQ(preset.size(), 2U);
  EXPECT_EQ(preset, written);
}

TEST(Predict, PrintsWhatIsCoveredAndSaysWhatIsNot) {
  const Ran ran =
      run({"predict", "feedforward:depth=3,input=5,norm=batch", "gradient_correlation", "spectral_slope"});
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_THAT(ran.out, HasSubstr("gradient_correlation  at input"));
  EXPECT_THAT(ran.err, HasSubstr("shatterproof: predict: no theory of spectral_slope covers feedforward"));
  const Ran none = run({"predict", "feedforward:depth=3,input=5,norm=batch", "spectral_slope"});
  EXPECT_EQ(none.code, kBadInput);
  EXPECT_EQ(none.out, "");
}

TEST(Predict, SaysWhereItIsBeyondItsRange) {
  const auto said = [](const char* network) { return run({"predict", network, "gradient_correlation"}).out; };
  EXPECT_THAT(said("residual:depth=50,norm=batch,input=200"), HasSubstr("beyond its range"));
  EXPECT_THAT(said("residual:depth=5,norm=batch,input=200"), testing::Not(HasSubstr("beyond its range")));
  const Ran gelu =
      run({"predict", "feedforward:depth=12,count=linear,input=100,output=100,activation=gelu", kScale});
  EXPECT_EQ(gelu.code, kBadInput);
  EXPECT_THAT(gelu.err, HasSubstr("as of gelu with he weights"));
}

TEST(Predict, SimulatesGatesWhenAsked) {
  const std::vector<json> gates =
      records({"predict", "residual:depth=3,input=9", "gradient_correlation", "gradient_variance", "--gates"},
              "prediction");
  ASSERT_EQ(gates.size(), 3U);
  EXPECT_NEAR(gates[0]["value"].get<double>(), std::pow(.75, 3),
              5 * gates[0]["standard_error"].get<double>());
  EXPECT_EQ(gates[0]["n"], 2000);
  EXPECT_EQ(gates[0]["theory"], "independent_gates");
}

TEST(Predict, TakesTheExamplesThatAreAskedFor) {
  const std::vector<json> few = records({"predict", "feedforward:depth=2,input=9,norm=batch",
                                         "gradient_correlation", "--batch", "11", "--batch-norm", "attached"},
                                        "prediction");
  EXPECT_EQ(few[0]["value"].get<double>(), -.1);
  EXPECT_EQ(few[0]["batch_norm"], "attached");
}

TEST(Predict, WritesAFileAndPrintsAsWell) {
  const std::string path = (scratch() / "predicted.jsonl").string();
  const Ran ran = run({"predict", "feedforward:depth=2,input=9", "coactivation", "--json", path});
  EXPECT_THAT(ran.out, HasSubstr("coactivation"));
  const std::vector<std::string> lines = lines_of(bytes_of(path));
  ASSERT_EQ(lines.size(), 3U) << "context and two predictions";
  EXPECT_EQ(json::parse(lines[0])["inputs"], "gaussian, 256 examples");
}

TEST(Predict, SaysOfWhichFamiliesNoTheorySpeaks) {
  int64_t refused = 0;
  for (const FamilyRecord& family : families()) {
    if (is_predicted_family(family.name)) continue;
    const Ran ran = run({"predict", family.name + ":depth=3", "gradient_correlation"});
    EXPECT_EQ(ran.code, kBadInput);
    EXPECT_THAT(ran.err, HasSubstr("no theory speaks of that family; got " + family.name));
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST(Predict, SpeaksOfEveryMeasurementWhoseRecordSaysSo) {
  for (const MeasurementRecord& record : measurements()) {
    const bool says_so = record.prediction == record.name;
    EXPECT_EQ(is_predicted(record.name), says_so) << record.name << ": " << record.prediction;
  }
}

TEST(List, ShowsTheTheoriesAmongTheCatalogs) {
  const Ran ran = run({"list", "predictions", "--long"});
  for (const TheoryRecord& theory : theories()) EXPECT_THAT(ran.out, HasSubstr(theory.name));
  EXPECT_THAT(ran.out, HasSubstr("predicts gradient_correlation"));
  EXPECT_EQ(records({"list", "predictions"}, "theory").size(), theories().size());
}

}  // namespace
}  // namespace shatterproof::cli::predict_test
