// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/import.h"
#include "shatterproof/train/trainer.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::train_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A small training, with options that replace its own.
std::vector<std::string> training(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"train", "thin:depth=6"};
  for (const auto& [option, value] :
       {std::pair("--data", "procedural:96"), std::pair("--test", "procedural:32:1000"),
        std::pair("--batch", "32"), std::pair("--threads", "1"), std::pair("--learning-rate", "0.003")}) {
    if (std::find(more.begin(), more.end(), option) != more.end()) continue;
    words.insert(words.end(), {option, value});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<json> records(const std::vector<std::string>& words, const std::string& kind) {
  const Ran ran = run(words);
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  std::vector<json> found;
  for (const std::string& line : lines_of(ran.out)) {
    if (json record = json::parse(line); record["kind"] == kind) found.push_back(std::move(record));
  }
  return found;
}

fs::path fresh(const char* name) {
  const fs::path path = scratch() / name;
  fs::remove_all(path);
  return path;
}

TEST(Train, WritesALineForEachEpochAndTheTrainedNetwork) {
  const fs::path model = fresh("trained.onnx");
  const std::vector<json> epochs =
      records(training({"--epochs", "3", "-o", model.string(), "--json", "-"}), "epoch");
  ASSERT_EQ(epochs.size(), 3U);
  for (size_t i = 0; i < epochs.size(); ++i) {
    EXPECT_EQ(epochs[i]["epoch"], i + 1);
    for (const char* key : {"train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate",
                            "images_per_second"}) {
      EXPECT_TRUE(epochs[i][key].is_number()) << key;
    }
  }
  EXPECT_LT(epochs[2]["train_loss"], epochs[0]["train_loss"]);
  // The written file is the trained network: it has the test loss of the last epoch.
  const ImportedModel imported = import_onnx(model.string(), {});
  EXPECT_EQ(imported.network.parameter_count(), 64'026);
}

TEST(Train, SaysWhenNobodyHasScaledTheImages) {
  const fs::path images = fresh("bytes.bin");
  std::string records;
  for (int i = 0; i < 32; ++i) {
    records += static_cast<char>(i % 10);
    for (int k = 0; k < 3072; ++k) records += static_cast<char>((7 * i + 13 * k) % 256);
  }
  write_bytes(images, records);
  const std::vector<std::string> words = {"train",   "thin:depth=6", "--data",   "cifar10:" + images.string(),
                                          "--batch", "16",           "--epochs", "1"};
  EXPECT_THAT(run(words).err,
              HasSubstr("as of images that nobody has scaled: --standardize, or --scale 255"));
  std::vector<std::string> scaled = words;
  scaled.push_back("--standardize");
  EXPECT_EQ(run(scaled).err, "");
}

TEST(Train, PrintsATableForPeople) {
  const Ran ran = run(training({"--epochs", "1"}));
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_EQ(lines_of(ran.out).size(), 2U);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("train loss"), HasSubstr("images/s")));
}

TEST(Train, MeasuresOnTheWay) {
  const std::vector<json> readings = records(training({"--epochs", "2", "--measure", "gradient_confusion@2",
                                                       "--measure", "sign_diversity@1e", "--json", "-"}),
                                             "reading");
  std::vector<std::string> confusion, diversity;
  for (const json& reading : readings) {
    if (reading["name"] == "gradient_confusion") confusion.push_back(reading["case"]);
    if (reading["name"] == "sign_diversity") diversity.push_back(reading["case"]);
  }
  EXPECT_THAT(confusion, ::testing::ElementsAre("step 0", "step 2", "step 4", "step 6"));
  EXPECT_THAT(diversity, ::testing::ElementsAre("step 0", "step 3", "step 6"));
}

TEST(Train, MeasuresAgainstTheWeightsItBeganWith) {
  const auto moved = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--epochs", "4", "--measure", "weight_displacement@1e",
                                      "--json",   "-", "--init",    "he"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<double> first_layer;
    for (const json& reading : records(training(words), "reading"))
      first_layer.push_back(reading["y"][0].get<double>());
    return first_layer;
  };
  const std::vector<double> straight = moved({});
  ASSERT_EQ(straight.size(), 5U);
  EXPECT_EQ(straight[0], 0);
  for (size_t i = 1; i < straight.size(); ++i) EXPECT_GT(straight[i], straight[i - 1]) << i;
  // Other weights after the second epoch, from which nothing has moved yet; likewise in a run that goes on.
  const std::vector<std::string> anew = {
      "--schedule", "auto:window=2,patience=1,least_progress=9,least_accuracy=2,redraws=1"};
  const std::vector<double> redrawn = moved(anew);
  EXPECT_EQ(redrawn.at(2), 0);
  const fs::path folder = fresh("redrawn");
  std::vector<std::string> kept = anew;
  kept.insert(kept.end(), {"--checkpoint", folder.string(), "--resume"});
  std::vector<std::string> begun = {"--epochs", "3", "--init", "he"};
  begun.insert(begun.end(), kept.begin(), kept.end());
  ASSERT_EQ(run(training(begun)).code, kHealthy);
  kept.push_back("--resume-anyway");  // nothing was measured so far
  EXPECT_EQ(moved(kept), (std::vector<double>{redrawn[3], redrawn[4]}));
}

TEST(Train, GoesOnWithTheWeightsOfTheRedrawSeed) {
  const fs::path written = fresh("redrawn.onnx");
  ASSERT_EQ(
      run(training({"--epochs", "3", "--init", "he", "--seed", "7", "--learning-rate", "0", "--schedule",
                    "auto:window=2,patience=1,least_progress=9,least_accuracy=2,redraws=1", "-o",
                    written.string()}))
          .code,
      kHealthy);
  const Network redrawn = import_onnx(written.string(), {}).network;
  const Network drawn = initialize(build_family("thin:depth=6"), "he", redraw_seed(7, 1)).network;
  int64_t compared = 0;
  for (const Parameter& parameter : drawn.parameters()) {
    const Parameter* other = redrawn.find_parameter(parameter.name);
    if (!parameter.trainable || other == nullptr) continue;
    EXPECT_TRUE(at::equal(parameter.value, other->value)) << parameter.name;
    ++compared;
  }
  EXPECT_GT(compared, 6);
}

TEST(Train, GoesOnWhereItStoppedAndReportsTheWhole) {
  const fs::path folder = fresh("checkpoints"), straight = fresh("straight.onnx"),
                 resumed = fresh("resumed.onnx");
  const std::vector<std::string> measured = {"--measure", "sign_diversity@3", "--augment",
                                             "image",     "--json",           "-"};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), measured.begin(), measured.end());
    return training(words);
  };
  const std::vector<json> whole = records(with({"--epochs", "4", "-o", straight.string()}), "epoch");
  run(with({"--epochs", "2", "--checkpoint", folder.string()}));
  EXPECT_EQ(run(with({"--epochs", "4", "--checkpoint", folder.string()})).code, kBadInput)
      << "without --resume";
  const Ran rest =
      run(with({"--epochs", "4", "--checkpoint", folder.string(), "--resume", "-o", resumed.string()}));
  ASSERT_EQ(rest.code, kHealthy) << rest.err;
  std::vector<json> epochs;
  size_t readings = 0;
  for (const std::string& line : lines_of(rest.out)) {
    json record = json::parse(line);
    readings += record["kind"] == "reading";
    if (record["kind"] == "epoch") epochs.push_back(std::move(record));
  }
  ASSERT_EQ(epochs.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(epochs[i]["train_loss"], whole[i]["train_loss"]);
  EXPECT_EQ(readings, 5U) << "at steps 0, 3, 6, 9, 12";
  EXPECT_EQ(bytes_of(straight), bytes_of(resumed));
}

TEST(Train, ANumberThatIsNoneIsAFindingAndWritesNoNetwork) {
  const fs::path model = fresh("broken.onnx");
  const Ran ran = run(training({"--optimizer", "sgd", "--learning-rate", "1e30", "-o", model.string(),
                                "--json", "-", "--epochs", "2"}));
  EXPECT_EQ(ran.code, kFindings);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\"non_finite\""), HasSubstr("layer")));
  EXPECT_FALSE(fs::exists(model));
}

TEST(Train, TakesLayersRatesFromTheirUpdateBudget) {
  const auto loss = [](std::vector<std::string> words) {
    words.insert(words.end(), {"--epochs", "2", "--json", "-"});
    return records(training(words), "epoch").at(1)["train_loss"].get<double>();
  };
  EXPECT_NE(loss({"--layer-rates", "update_budget"}), loss({}));
}

struct Refusal {
  std::vector<std::string> words;
  const char* says;
};

TEST(Train, RefusesBadInputInOneLine) {
  const fs::path cut = scratch() / "cut.bin", label = scratch() / "label.bin", other = fresh("other");
  write_bytes(cut, std::string(3072, 'x'));
  write_bytes(label, "\x0b" + std::string(3072, 'x'));
  run(training({"--epochs", "1", "--checkpoint", other.string(), "--seed", "2"}));
  const Refusal rows[] = {
      {{"--data", "cifar10:" + cut.string()}, "no whole number of 3073-byte records"},
      {{"--data", "cifar10:" + label.string()}, "label 11"},
      {{"--data", "cifar10:none.bin"}, "no such file"},
      {{"--data", "gaussian:8"}, "must have labels"},
      {{"--data", "procedural:8", "--limit", "0"}, "--limit: must be a whole number"},
      {{"--learning-rate", "nan"}, "--learning-rate: must be a number from 0 on"},
      {{"--learning-rate", "-1"}, "--learning-rate"},
      {{"--epochs", "0"}, "--epochs"},
      {{"--batch", "0"}, "--batch"},
      {{"--memory", "1K"}, "--memory: must hold the weights"},
      {{"--memory", "2M"}, "a step must fit into --memory"},
      {{"--optimizer", "adm"}, "did you mean 'adam'"},
      {{"--optimizer", "adam:beta3=1"}, "did you mean 'beta"},
      {{"--schedule", "cosin"}, "did you mean 'cosine'"},
      {{"--augment", "imag"}, "did you mean 'image'"},
      {{"--loss", "hinge"}, "unknown loss"},
      {{"--measure", "sign_diversity"}, "NAME@STEPS"},
      {{"--measure", "sign_diversty@3"}, "did you mean 'sign_diversity'"},
      {{"--measure", "sign_diversity@0"}, "NAME@STEPS"},
      {{"--layer-rates", "update"}, "update_budget"},
      {{"--resume"}, "--checkpoint"},
      {{"--keep", "3"}, "--checkpoint"},
      {{"--standardize", "--scale", "255"}, "takes the place of"},
      {{"--checkpoint", other.string(), "--resume"}, "must be of the same settings"},
      {{"--checkpoint", other.string()}, "the folder must be empty"},
      {{"--checkpoint", (cut / "x").string()}, "cannot make the folder"},
      {{"-o", "/none/x.onnx"}, "/none/x.onnx"},
      {{"--probe", "97"}, "--probe"},
  };
  for (const Refusal& row : rows) {
    const Ran ran = run(training(row.words));
    EXPECT_EQ(ran.code, kBadInput) << row.says;
    EXPECT_EQ(ran.out, "") << row.says;
    EXPECT_THAT(ran.err, HasSubstr(row.says));
    EXPECT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
  }
  const Ran refused = run(training({"--checkpoint", other.string(), "--resume"}));
  EXPECT_EQ(refused.out, "") << "no epoch of the other run";
  EXPECT_THAT(run({"train", kSmallFamily, "--data", "procedural:8"}).err, HasSubstr("one example must be"));
  EXPECT_THAT(run({"train", "thin:depth=6"}).err, HasSubstr("--data is missing"));
}

}  // namespace
}  // namespace shatterproof::cli::train_test
