// SPDX-License-Identifier: Apache-2.0
// Every option of every command, with words that it may not expect.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "shatterproof/dataset/npy.h"
#include "tests/hostile/attack.h"
#include "tests/support/command_runner.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::hostile_words_test {
namespace {

namespace fs = std::filesystem;

/// A command that is right, and the options that are tried behind it.
struct Tried {
  const char* name;
  std::vector<std::string> words, options;
};

void PrintTo(const Tried& tried, std::ostream* stream) {
  *stream << tried.name;
}

const char* const kNetwork = "feedforward:depth=2,width=4,input=3,output=2";

std::vector<Tried> commands() {
  return {{"Check",
           {"check", kNetwork, "--seeds=1", "--no-rehearsal", "--batch=4"},
           {"--init",       "--seeds",      "--seed",    "--shape",      "--inputs",
            "--scale",      "--mean",       "--std",     "--layout",     "--batch",
            "--functional", "--batch-norm", "--dtype",   "--device",     "--threads",
            "--memory",     "--mini-batch", "--fail-on", "--thresholds", "--rehearsal-seconds",
            "--json",       "--report",     "--dump",    "--taps",       "--ignore",
            "--baseline",   "--format",     "-o",        "--documents"}},
          {"Form",
           {"check", kNetwork, "--seeds=1", "--no-rehearsal", "--batch=4", "--format", "sarif"},
           {"--format", "-o", "--documents", "--ignore"}},
          {"Figure",
           {"figure", "none.toml", "-o", "drawn.svg"},
           {"-o", "--figure", "--panel", "--width", "--out", "--images", "--threads"}},
          {"Completion", {"completion", "zsh"}, {}},
          {"Measure",
           {"measure", kNetwork, "effective_rank", "--seeds=1", "--batch=4"},
           {"", "--tap", "--initial", "--lags", "--threshold", "--inputs", "--json", "--report", "--dump"}},
          {"Predict",
           {"predict", kNetwork, "gradient_correlation"},
           {"", "--inputs", "--batch", "--batch-norm", "--json"}},
          {"Build", {"build", kNetwork, "-o", "built.onnx"}, {"--init", "--seed", "-o"}},
          {"Init",
           {"init", "model.onnx", "--with", "he", "-o", "drawn.onnx"},
           {"--with", "--seed", "--memory", "-o"}},
          {"Train",
           {"train", "thin:depth=6", "--data", "procedural:8", "--epochs=1", "--batch=4"},
           {"--data",      "--limit",         "--test",     "--epochs",      "--batch",
            "--optimizer", "--learning-rate", "--schedule", "--layer-rates", "--loss",
            "--augment",   "--measure",       "--probe",    "--checkpoint",  "--checkpoint-every",
            "--keep",      "--init",          "--seed",     "--json",        "--report",
            "-o"}},
          {"Evaluate",
           {"evaluate", "model.onnx", "--inputs", "npy:labelled"},
           {"--inputs", "--shape", "--mini-batch", "--json"}},
          {"Report", {"report", "results.jsonl", "-o", "page.html"}, {"-o"}},
          {"Reproduce", {"reproduce", "none.toml"}, {"--out", "--images", "--threads", "--json", "--report"}},
          {"Sweep",
           {"sweep", "none.toml", "--out", "swept"},
           {"--out", "--shard", "--unit", "--images", "--threads", "--report"}},
          {"List", {"list", "rules"}, {"--json"}},
          {"Data", {"data", "fetch", "mnist", "fetched", "--from", "http://127.0.0.1:1"}, {"--from"}}};
}

// The command without the option, which may be given once.
std::vector<std::string> words_without(const std::vector<std::string>& words, const std::string& option) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option) {
      ++i;  // and its value
    } else if (option.empty() || !words[i].starts_with(option + "=")) {
      rest.push_back(words[i]);
    }
  }
  return rest;
}

class HostileWords : public testing::TestWithParam<Tried> {
 protected:
  // Files of every name are made here and nowhere else.
  HostileWords() : before_(fs::current_path()) {
    fs::current_path(folder_.path());
    run({"build", kNetwork, "-o", "model.onnx"});
    fs::create_directory("labelled");
    write_npy("labelled/input.npy", at::ones({4, 3}));
    write_npy("labelled/labels.npy", at::zeros({4}, at::kLong));
    run({"check", kNetwork, "--seeds=1", "--no-rehearsal", "--batch=4", "--json", "results.jsonl"});
  }
  ~HostileWords() override { fs::current_path(before_); }

  const TemporaryFolder folder_;
  const fs::path before_;
};

TEST_P(HostileWords, AreSaidInOneLineOrMeanSomething) {
  Attack attack(fmt::format("words for {}", GetParam().words[0]));
  for (const std::string& option : GetParam().options) {
    for (const std::string& word : hostile_words()) {
      std::vector<std::string> words = words_without(GetParam().words, option);
      if (!option.empty()) words.push_back(option);
      words.push_back(word);
      attack.run(fmt::format("{} {} '{}'", words[0], option, word), words);
    }
  }
  for (size_t i = 1; i < GetParam().words.size(); ++i) {
    for (const std::string& word : hostile_words()) {
      std::vector<std::string> words = GetParam().words;
      words[i] = word;
      attack.run(fmt::format("{}, word {} is '{}'", words[0], i, word), words);
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Of, HostileWords, testing::ValuesIn(commands()),
                         [](const testing::TestParamInfo<Tried>& tried) { return tried.param.name; });

}  // namespace
}  // namespace shatterproof::cli::hostile_words_test
