// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/laboratory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/lab/control.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::laboratory_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Values = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kHost = "127.0.0.1:8000";
constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

Laboratory laboratory() {
  return {LabAdmission{{kHost, "localhost:8000"}, kToken}, LabSetting()};
}

LabRequest request(const std::string& part, const Values& query = {}) {
  return {std::string("/") + kToken + "/" + part, query, kHost};
}

LabAnswer ask(const std::string& part, const Values& query = {}) {
  static Laboratory one = laboratory();
  return one.answer(request(part, query), {});
}

// The records of an answer behind its first line.
std::vector<json> records_of(const std::string& body) {
  std::vector<json> records;
  for (const std::string& line : lines_of(body)) records.push_back(json::parse(line));
  records.erase(records.begin());
  return records;
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream text(command);
  std::vector<std::string> words(std::istream_iterator<std::string>(text), {});
  words.erase(words.begin());  // "shatterproof"
  return words;
}

// Readings by name and type, their numbers as text.
std::map<std::string, std::string> numbers_of(const std::vector<json>& records,
                                              const std::string& case_name) {
  std::map<std::string, std::string> numbers;
  for (const json& record : records) {
    if (record["kind"] != "reading" || record.value("case", "") != case_name) continue;
    for (const char* key : {"value", "y", "values", "undefined"}) {
      if (record.contains(key))
        numbers[record["name"].get<std::string>() + " " + record["type"].get<std::string>()] =
            record[key].dump();
    }
  }
  return numbers;
}

std::vector<json> printed_by(const std::string& command) {
  std::vector<std::string> words = words_of(command);
  words.insert(words.end(), {"--json", "-"});
  const Ran ran = run(words);
  EXPECT_NE(ran.code, kBadInput) << ran.err;
  std::vector<json> records;
  for (const std::string& line : lines_of(ran.out)) records.push_back(json::parse(line));
  return records;
}

const Values kSmall = {{"family", "residual"}, {"depth", "6"},    {"width", "16"}, {"norm", "batch"},
                       {"beta", "0.5"},        {"init", "lecun"}, {"seed", "7"}};

TEST(Laboratory, ShowsTheNumbersOfTheCommandsThatItNames) {
  const LabAnswer answer = ask("results", kSmall);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json head = json::parse(lines_of(answer.body).front());
  const std::vector<std::string> commands = head["commands"];
  ASSERT_EQ(commands.size(), 2);
  const std::vector<json> shown = records_of(answer.body);
  EXPECT_EQ(numbers_of(shown, ""), numbers_of(printed_by(commands[0]), ""));
  std::vector<std::string> findings, checked;
  for (const json& record : shown) {
    if (record["kind"] == "finding" || record["kind"] == "verdict") findings.push_back(record.dump());
  }
  for (const json& record : printed_by(commands[1])) {
    if (record["kind"] == "finding" || record["kind"] == "verdict") checked.push_back(record.dump());
  }
  EXPECT_FALSE(findings.empty());
  EXPECT_EQ(findings, checked);
}

TEST(Laboratory, ShowsWhileDraggingTheSamePicture) {
  Values values = kSmall;
  values.emplace_back("detail", "picture");
  const auto whole = numbers_of(records_of(ask("results", kSmall).body), "");
  const auto picture = numbers_of(records_of(ask("results", values).body), "");
  ASSERT_EQ(picture.size(), 3);
  for (const auto& [name, text] : picture) EXPECT_EQ(text, whole.at(name)) << name;
}

TEST(Laboratory, TrainsAsTheCommandsThatItNames) {
  Values values = kSmall;
  values.emplace_back("steps", "3");
  const LabAnswer answer = ask("results", values);
  ASSERT_EQ(answer.status, 200) << answer.body;
  std::vector<std::string> commands = json::parse(lines_of(answer.body).front())["commands"];
  ASSERT_EQ(commands.size(), 2);
  const std::string file = (scratch() / "laboratory.onnx").string();
  for (std::string& command : commands) command.replace(command.find("laboratory.onnx"), 15, file);
  const Ran trained = run(words_of(commands[0]));
  ASSERT_EQ(trained.code, kHealthy) << trained.err;
  const std::vector<json> shown = records_of(answer.body), printed = printed_by(commands[1]);
  const auto after = numbers_of(shown, "after 3 steps");
  EXPECT_EQ(after, numbers_of(printed, ""));
  EXPECT_NE(after, numbers_of(shown, "before training"));
}

TEST(Laboratory, GivesTheStateAsAStudyAndAsANetwork) {
  Values values = kSmall;
  values.back().second = "1";
  const LabAnswer study = ask("study.toml", values), network = ask("network.onnx", values);
  ASSERT_EQ(study.status, 200) << study.body;
  ASSERT_EQ(network.status, 200) << network.body;
  EXPECT_EQ(study.file, "laboratory.toml");
  EXPECT_EQ(network.file, "laboratory.onnx");
  const std::string toml = (scratch() / "laboratory.toml").string();
  write_bytes(toml, study.body);
  const Ran reproduced = run({"reproduce", toml, "--json", "-"});
  ASSERT_EQ(reproduced.code, kHealthy) << reproduced.err;
  const auto shown = numbers_of(records_of(ask("results", values).body), "");
  const std::vector<std::string> lines = lines_of(reproduced.out);
  std::vector<json> records;
  for (const std::string& line : lines) records.push_back(json::parse(line));
  const std::string name = records.at(1)["name"];
  EXPECT_EQ(numbers_of(records, name), shown);
  const std::string onnx = (scratch() / "drawn.onnx").string();
  write_bytes(onnx, network.body);
  const Ran measured = run({"measure", onnx, "gradient_trace", "--inputs", "grid:-2:2:256", "--functional",
                            "sum", "--batch-norm", "detached", "--json", "-"});
  EXPECT_THAT(measured.out, HasSubstr(shown.at("gradient_trace curve"))) << measured.err;
}

TEST(Laboratory, AnswersForEveryWordAndBothEndsOfEveryControl) {
  for (const LabControl& control : lab_controls()) {
    std::vector<std::string> values = control.words;
    if (values.empty()) {
      values = {fmt::format("{}", control.range.least), fmt::format("{}", control.range.most)};
    }
    for (const std::string& value : values) {
      Values asked = {{"family", "residual"}, {"depth", "3"}, {"width", "16"}, {"steps", "1"}};
      const std::string family = control.name == "family" ? value : "residual";
      std::erase_if(asked, [&](const auto& one) {
        return one.first == control.name || !find_lab_control(one.first)->concerns(family);
      });
      asked.emplace_back(control.name, value);
      const LabAnswer answer = ask("results", asked);
      EXPECT_EQ(answer.status, 200) << control.name << " " << value << ": " << answer.body;
      EXPECT_THAT(answer.body, HasSubstr("\"gradient_trace\"")) << control.name << " " << value;
    }
  }
}

double autocorrelation_at_lag_1(const std::string& body) {
  for (const json& record : records_of(body)) {
    if (record["kind"] == "reading" && record["name"] == "gradient_autocorrelation") return record["y"][1];
  }
  return std::nan("");
}

TEST(Laboratory, ShowsWhiteAndBrownNoise) {
  EXPECT_NEAR(autocorrelation_at_lag_1(ask("results", {{"family", "white_noise"}}).body), 0, 0.2);
  EXPECT_GT(autocorrelation_at_lag_1(ask("results", {{"family", "brown_noise"}}).body), 0.9);
}

TEST(Laboratory, NoiseIsThatOfItsSeed) {
  EXPECT_TRUE(find_lab_control("seed")->concerns("white_noise")) << "the page asks for it";
  const Values second = {{"family", "white_noise"}, {"seed", "2"}};
  const auto first = numbers_of(records_of(ask("results", {{"family", "white_noise"}}).body), "white_noise");
  EXPECT_FALSE(first.empty());
  EXPECT_NE(numbers_of(records_of(ask("results", second).body), "white_noise"), first);
}

// A study counts its seeds from 1.
TEST(Laboratory, SaysWhereAStudyDrawsAnotherSeedThanWasShown) {
  const std::string note = "draws seed 1; the laboratory showed seed 7";
  EXPECT_EQ(lines_of(ask("study.toml", kSmall).body).front(), "# This " + note + ".");
  const std::string toml = (scratch() / "another_seed.toml").string();
  write_bytes(toml, ask("study.toml", kSmall).body);
  EXPECT_EQ(run({"reproduce", toml, "--json", "-"}).code, kHealthy);
  const auto commands = [](const Values& values) {
    return json::parse(lines_of(ask("results", values).body).front())["commands"].dump();
  };
  EXPECT_THAT(commands({{"family", "white_noise"}, {"seed", "7"}}), HasSubstr("laboratory.toml  # " + note));
  EXPECT_THAT(commands({{"family", "white_noise"}}), Not(HasSubstr("#")));
  EXPECT_THAT(commands(kSmall), Not(HasSubstr("#"))) << "these name their seed";
  Values first = kSmall;
  first.back().second = "1";
  EXPECT_THAT(ask("study.toml", first).body, testing::StartsWith("title"));
}

TEST(Laboratory, LetsInWhoKnowsItsNameAndItsToken) {
  Laboratory one = laboratory();
  for (const char* host : {kHost, "localhost:8000"})
    EXPECT_EQ(one.answer({request("").path, {}, host}, {}).status, 200) << host;
  for (const char* host :
       {"", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "localhost", "127.0.0.1:80000"})
    EXPECT_EQ(one.answer({request("").path, {}, host}, {}).status, 403) << host;
  for (const std::string path :
       {"/", "", "/results", "/0123456789abcdef0123456789abcdee/results", "/0123456789abcdef/results",
        "//results", "/0123456789abcdef0123456789abcdef", "/x0123456789abcdef0123456789abcdef/"})
    EXPECT_EQ(one.answer({path, {}, kHost}, {}).status, 403) << path;
}

TEST(Laboratory, RefusesInOneLineWhatItDoesNotTake) {
  const struct {
    Values values;
    const char* says;
  } cases[] = {{{{"depth", "100000000"}}, "depth must be a whole number from 1 to 200"},
               {{{"depth", "0"}}, "depth must be"},
               {{{"depth", "1e2000"}}, "depth must be"},
               {{{"depth", "2.5"}}, "depth must be a whole number"},
               {{{"width", "nan"}}, "width must be"},
               {{{"width", "1048576"}}, "width must be"},
               {{{"depth", "200"}, {"width", "512"}}, "fewer layers, units or points"},
               {{{"depth", "50"}, {"width", "400"}, {"steps", "20"}}, "fewer steps"},
               {{{"norm", "batsh"}}, "did you mean 'batch'?"},
               {{{"beta", "-1"}}, "beta must be"},
               {{{"beta", "0.5"}}, "beta says nothing of feedforward, only of residual; got '0.5'"},
               {{{"family", "white_noise"}, {"depth", "3"}}, "depth says nothing of white_noise, only of"},
               {{{"family", "brown_noise"}, {"rate", "0.01"}}, "rate says nothing of brown_noise"},
               {{{"depth", "3"}, {"depth", "4"}}, "depth must be given once; got '3' and '4'"},
               {{{"depth", "3 "}}, "depth must be"},
               {{{"depth", "inf"}}, "depth must be"},
               {{{"rate", "0.001x"}}, "unknown rate '0.001x'"},
               {{{"inputs", "npy:/etc/passwd"}}, "unknown inputs"},
               {{{"init", "<script>"}}, "unknown init"},
               {{{"detph", "3"}}, "did you mean 'depth'?"},
               {{{"detail", "all"}}, "unknown detail"}};
  for (const auto& one : cases) {
    const LabAnswer answer = ask("results", one.values);
    EXPECT_EQ(answer.status, 400) << one.says;
    EXPECT_THAT(answer.body, HasSubstr(one.says));
    EXPECT_EQ(lines_of(answer.body).size(), 1) << answer.body;
  }
  EXPECT_EQ(ask("network.onnx", {{"family", "white_noise"}}).status, 400);
  EXPECT_EQ(ask("study.toml", {{"steps", "1"}}).status, 400);
  EXPECT_EQ(ask("elsewhere").status, 404);
}

TEST(Laboratory, StopsWhenWhoAskedIsGone) {
  Laboratory one = laboratory();
  Cancellation gone;
  gone.request();
  EXPECT_THROW(one.answer(request("results"), gone), Interrupted);
  Cancellation later;
  std::jthread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    later.request();
  });
  EXPECT_THROW(one.answer(request("results", {{"depth", "200"}, {"width", "216"}}), later), Interrupted);
}

TEST(Laboratory, ThePageHoldsItsControlsAndNothingIsLeftToFill) {
  const std::string page = ask("").body;
  for (const LabControl& control : lab_controls()) EXPECT_THAT(page, HasSubstr("\"" + control.name + "\""));
  for (const char* place : {"@controls@", "@measurements@", "@start@", "@script@"})
    EXPECT_THAT(page, Not(HasSubstr(place)));
}

TEST(Laboratory, BeginsWhereTheCommandLineSays) {
  const LabSetting start =
      LabSetting::of_words("residual:depth=30,norm=batch,beta=0.1", "orthogonal", "grid:-1:1:256", "5");
  EXPECT_EQ(start.query(),
            "family=residual&depth=30&norm=batch&beta=0.1&init=orthogonal&inputs=grid:-1:1:256&seed=5");
  EXPECT_EQ(start.network(), "residual:depth=30,width=200,norm=batch,beta=0.1");
  EXPECT_EQ(LabSetting::of_words("feedforward:crelu=true", "", "", "").query(), "activation=crelu");
  EXPECT_EQ(LabSetting::of_words("feedforward:crelu=true,activation=relu", "", "", "").query(),
            "activation=crelu");
  EXPECT_EQ(LabSetting::of_words("white_noise", "", "", "5").query(), "family=white_noise&seed=5");
  EXPECT_EQ(LabSetting().query(), "");
  EXPECT_EQ(LabSetting().number("rate"), .001);
}

TEST(Laboratory, TokensAreLongAndNeverTheSame) {
  const std::string token = random_token();
  EXPECT_EQ(token.size(), 32);
  EXPECT_NE(token, random_token());
}

}  // namespace
}  // namespace shatterproof::cli::laboratory_test
