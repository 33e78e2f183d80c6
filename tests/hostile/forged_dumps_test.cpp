// SPDX-License-Identifier: Apache-2.0
// Dumps of taps as no command writes them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shatterproof/dataset/npy.h"
#include "shatterproof/experiment/catalog.h"
#include "tests/hostile/attack.h"
#include "tests/support/command_runner.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::forged_dumps_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ForgedDumps : public testing::TestWithParam<const char*> {
 protected:
  ForgedDumps() {
    const Ran ran = run({"check", GetParam(), "--seeds", "1", "--batch", "8", "--no-rehearsal", "--dump",
                         (folder_.path() / "whole").string()});
    if (ran.code == kBadInput) throw std::runtime_error(ran.err);
    fs::copy(folder_.path() / "whole", forged_, fs::copy_options::recursive);
    taps_ = json::parse(bytes_of(forged_ / "taps.json"));
    context_ = json::parse(bytes_of(forged_ / "context.json"));
  }

  // Judged, and every measurement of taps made.
  void read(Attack& attack, const std::string& what) const {
    attack.run("check " + what, {"check", "--taps", forged_.string()});
    std::vector<std::string> words = {"measure", "--taps", forged_.string()};
    for (const MeasurementRecord& record : measurements()) {
      if (record.needs == Needs::taps) words.push_back(record.name);
    }
    attack.run("measure " + what, words);
  }

  void write(const std::string& taps, const std::string& context) const {
    write_bytes(forged_ / "taps.json", taps);
    write_bytes(forged_ / "context.json", context);
  }

  const TemporaryFolder folder_;
  const fs::path forged_ = folder_.path() / "forged";
  json taps_, context_;
};

// What every tap says under `key` replaced.
std::string with_value(const json& taps, const std::string& key, const std::string& value) {
  json marked = taps;
  constexpr const char* kMark = "put the value here";
  for (json& tap : marked) tap[key] = kMark;
  std::string text = marked.dump();
  const std::string mark = fmt::format("\"{}\"", kMark);
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
}

TEST_P(ForgedDumps, OfOtherValues) {
  Attack attack(fmt::format("values in a dump of {}", GetParam()));
  for (const auto& [key, ignored] : taps_[0].items()) {
    for (const std::string& value : hostile_json()) {
      if (value.size() > 1000 && key != "name") continue;
      write(with_value(taps_, key, value), context_.dump());
      read(attack, fmt::format("{} = {}", key, value));
    }
  }
  for (const std::string& value : hostile_json()) {
    if (value.size() > 1000) continue;
    write(with_value(taps_, "inputs", value), context_.dump());
    read(attack, "inputs = " + value);
  }
  for (const auto& [key, ignored] : context_.items()) {
    for (const std::string& value : hostile_json()) {
      const std::string text = with_value(json::array({context_}), key, value);
      write(taps_.dump(), text.substr(1, text.size() - 2));
      read(attack, fmt::format("context's {} = {}", key, value));
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST_P(ForgedDumps, OfOtherKinds) {
  Attack attack(fmt::format("kinds in a dump of {}", GetParam()));
  for (const char* kind : {"input", "pre_activation", "activation", "concatenation", "residual_sum", "output",
                           "other", "none"}) {
    for (const bool has_inputs : {false, true}) {
      json taps = taps_;
      for (json& tap : taps) {
        tap["kind"] = kind;
        if (!has_inputs) tap.erase("inputs");
      }
      write(taps.dump(), context_.dump());
      read(attack, fmt::format("all taps are of kind {}, {} inputs", kind, has_inputs ? "with" : "without"));
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST_P(ForgedDumps, OfOtherArrays) {
  Attack attack(fmt::format("arrays in a dump of {}", GetParam()));
  const std::vector<std::vector<int64_t>> shapes = {{8},       {8, 0}, {8, 1}, {0, 8}, {8, 8, 8},
                                                    {8, 3, 5}, {8, 7}, {0},    {1},    {8, 100'000}};
  for (const std::string part : {"forward", "gradient", "input0", "npy"}) {
    for (const std::vector<int64_t>& shape : shapes) {
      for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong, at::kBool}) {
        fs::remove_all(forged_);
        fs::copy(folder_.path() / "whole", forged_, fs::copy_options::recursive);
        for (const auto& file : fs::directory_iterator(forged_)) {
          if (file.path().extension() == ".npy" && file.path().string().find(part) != std::string::npos)
            write_npy(file.path().string(), at::ones(shape).to(type));
        }
        read(attack,
             fmt::format("{} of {} axes, {} numbers", part, shape.size(), c10::multiply_integers(shape)));
      }
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Of, ForgedDumps,
                         testing::Values("feedforward:depth=2,width=4,input=3",
                                         "residual:depth=4,width=4,input=3"));

}  // namespace
}  // namespace shatterproof::cli::forged_dumps_test
