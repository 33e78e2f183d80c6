// SPDX-License-Identifier: Apache-2.0
#include "cli/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "shatterproof/diagnose/catalog.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::acceptance_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSick = "feedforward:depth=30,width=40,norm=batch,input=40,output=10";
constexpr const char* kWell = "feedforward:depth=2,width=40,norm=batch,input=40,output=10";
// Words of a file's maker that would end an element, a cell, a code span, or call somebody.
constexpr const char* kHostile = "a<b>&\"|`]](x)@all\x1b[31m\n# .onnx";

std::vector<std::string> checked(const std::string& network, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"check", network, "--seeds", "3", "--no-rehearsal"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Finding finding(const std::string& id, Severity severity) {
  Finding one;
  one.id = id;
  one.severity = severity;
  one.headline = std::string("seen at ") + kHostile;
  one.why = "it hurts";
  one.next = "do this";
  one.layers = LayerRange{2, 5};
  return one;
}

struct Made {
  Checked checked;
  Acceptance acceptance;
};

// One finding of each kind: it decides, it is ignored, it was there before, it is gone.
Made made() {
  Made one;
  one.checked.context.network = kHostile;
  one.checked.context.date = "2026-01-02T03:04:05Z";
  one.checked.readings = {scalar_reading("gradient_correlation", .5)};
  one.checked.diagnosis.findings = {finding("exploding", Severity::critical),
                                    finding("shattered", Severity::watch),
                                    finding("dead_layer", Severity::watch)};
  Results baseline = results_of(one.checked);
  baseline.findings = {finding("dead_layer", Severity::watch), finding("vanishing", Severity::critical)};
  one.acceptance = acceptance(results_of(one.checked), {Severity::watch, {"shattered", "stuck"}}, &baseline);
  return one;
}

std::string printed(decltype(&print_junit) print, const Made& one, const std::string& documents = "") {
  std::ostringstream text;
  print(text, one.checked, one.acceptance, documents);
  return text.str();
}

TEST(Acceptance, ItsTextSaysWhatDecidedWhatIsIgnoredAndWhatTheBaselineHad) {
  std::ostringstream text;
  print_acceptance(text, made().acceptance);
  EXPECT_THAT(text.str(), HasSubstr("exit 1    exploding (new, critical)\n"));
  EXPECT_THAT(text.str(), HasSubstr("ignored   shattered (watch), stuck (not found)\n"));
  EXPECT_THAT(text.str(), HasSubstr("1 of 3 findings were there;\n          gone: vanishing (critical)"));
}

TEST(Acceptance, SarifHasEveryRuleAndAResultForEachFinding) {
  const json log = json::parse(printed(print_sarif, made(), "https://a.example/docs"));
  EXPECT_EQ(log["version"], "2.1.0");
  const json& run = log["runs"].at(0);
  const json& described = run["tool"]["driver"]["rules"];
  ASSERT_EQ(described.size(), rules().size());
  for (size_t i = 0; i < described.size(); ++i) {
    EXPECT_EQ(described[i]["id"], rules()[i].id);
    EXPECT_EQ(described[i]["shortDescription"]["text"], rules()[i].sentence);
    EXPECT_THAT(described[i]["help"]["text"].get<std::string>(), HasSubstr(rules()[i].sentence));
    EXPECT_THAT(described[i]["help"]["markdown"].get<std::string>(), HasSubstr("### "));
    EXPECT_EQ(described[i]["helpUri"], "https://a.example/docs/findings/" + rules()[i].id + ".md");
  }
  const json& results = run["results"];
  ASSERT_EQ(results.size(), 4U);
  for (const json& result : results)
    EXPECT_EQ(described.at(result["ruleIndex"].get<size_t>())["id"], result["ruleId"]);
  EXPECT_EQ(results[0]["level"], "error");
  EXPECT_EQ(results[0]["baselineState"], "new");
  EXPECT_EQ(results[1]["suppressions"][0]["justification"], "--ignore shattered");
  EXPECT_EQ(results[2]["level"], "warning");
  EXPECT_EQ(results[2]["baselineState"], "unchanged");
  EXPECT_EQ(results[3]["ruleId"], "vanishing");
  EXPECT_EQ(results[3]["baselineState"], "absent");
  EXPECT_EQ(run["invocations"][0]["exitCode"], kFindings);
}

// A baseline is a file of anybody's: it may name a rule that there is not.
TEST(Acceptance, ARuleThatOnlyTheBaselineKnowsEndsNoLinkAndHasNoIndex) {
  Made one = made();
  Results baseline = results_of(one.checked);
  baseline.findings = {finding("../x>) [y](<z\n\x1b%", Severity::watch)};
  one.acceptance = acceptance(results_of(one.checked), {Severity::watch, {}}, &baseline);
  const json log = json::parse(printed(print_sarif, one));
  const json& lost = log["runs"][0]["results"].back();
  EXPECT_EQ(lost["baselineState"], "absent");
  EXPECT_EQ(lost["ruleId"], "../x>) [y](<z\\x0a\\x1b%");
  EXPECT_FALSE(lost.contains("ruleIndex"));
  EXPECT_THAT(
      printed(print_comment, one, "https://a.example/docs"),
      HasSubstr("(<https://a.example/docs/findings/..%2Fx%3E%29%20%5By%5D%28%3Cz%0A%1B%25.md>) | watch | |"));
}

TEST(Acceptance, SarifOfAFileSaysWhereItLies) {
  Made one = made();
  one.checked.context.network = "models/my net.onnx";
  const json log = json::parse(printed(print_sarif, one));
  const json& place = log["runs"][0]["results"][0]["locations"][0];
  EXPECT_EQ(place["physicalLocation"]["artifactLocation"]["uri"], "models/my%20net.onnx");
  EXPECT_EQ(place["logicalLocations"][0]["fullyQualifiedName"], "models/my net.onnx layers 2-5");
  EXPECT_FALSE(log["runs"][0]["tool"]["driver"]["rules"][0].contains("helpUri"))
      << "nobody said where the documents are";
}

TEST(Acceptance, JunitHasACaseForEachRuleAndEscapesWhatItShows) {
  const std::string text = printed(print_junit, made());
  EXPECT_THAT(text,
              HasSubstr("tests=\"" + std::to_string(rules().size()) + "\" failures=\"1\" errors=\"0\""));
  EXPECT_THAT(text, HasSubstr("skipped=\"2\" timestamp=\"2026-01-02T03:04:05Z\""));
  EXPECT_THAT(text, HasSubstr("<failure type=\"critical\" message=\"seen at a&lt;b&gt;&amp;&quot;|"));
  EXPECT_THAT(text, HasSubstr("<skipped message=\"ignored: seen at "));
  EXPECT_THAT(text, HasSubstr("<skipped message=\"ignored: not found\"/>"));
  EXPECT_THAT(text, HasSubstr("as in the baseline"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  for (const RuleRecord& rule : rules()) EXPECT_THAT(text, HasSubstr("<testcase name=\"" + rule.id + "\""));
}

TEST(Acceptance, ACommentIsShortAndCannotBeSteeredByNames) {
  const std::string text = printed(print_comment, made(), "https://a.example/docs");
  EXPECT_THAT(text, testing::StartsWith("**CRITICAL** `a<b>&\"/']](x)@all\\x1b[31m\\x0a# .onnx`: refused"));
  EXPECT_THAT(text,
              HasSubstr("| [`exploding`](<https://a.example/docs/findings/exploding.md>) | **critical** | "
                        "layers 2-5 | new | seen at a\\<b\\>\\&\"\\|\\`\\]\\](x)@<!-- -->all"));
  EXPECT_THAT(text, HasSubstr("| watch | layers 2-5 | ignored |"));
  EXPECT_THAT(text, HasSubstr("| critical | | gone | |"));
  EXPECT_THAT(text, HasSubstr("<details><summary>Why it hurts, and what to do</summary>"));
  EXPECT_LT(text.size(), 6000U);
}

TEST(CheckCommand, IgnoredRulesDoNotDecideAndAreSaid) {
  const Ran strict = run(checked(kSick, {"--fail-on", "watch"}));
  ASSERT_EQ(strict.code, kFindings);
  EXPECT_THAT(strict.out, Not(HasSubstr("\nexit ")));
  const Ran partly = run(checked(kSick, {"--fail-on", "watch", "--ignore", "stuck"}));
  EXPECT_EQ(partly.code, kFindings);
  EXPECT_THAT(partly.out, HasSubstr("\nexit 1    exploding (watch)"));
  EXPECT_THAT(partly.out, HasSubstr("\nignored   stuck (not found)\n"));
  std::string all;
  for (const RuleRecord& rule : rules()) all += (all.empty() ? "" : ",") + rule.id;
  const Ran ignoring = run(checked(kSick, {"--fail-on", "watch", "--ignore", all}));
  EXPECT_EQ(ignoring.code, kHealthy);
  EXPECT_THAT(ignoring.out, HasSubstr("verdict   WATCH"));
  EXPECT_THAT(ignoring.out, HasSubstr("\nexit 0    nothing on watch or critical, but for what is ignored\n"));
  EXPECT_THAT(ignoring.out, HasSubstr("exploding (watch)"));
}

TEST(CheckCommand, ABaselineForgivesWhatItHadAndNothingElse) {
  const std::string sick = (scratch() / "sick.jsonl").string(), well = (scratch() / "well.jsonl").string();
  run(checked(kSick, {"--json", sick}));
  run(checked(kWell, {"--json", well}));
  const Ran same = run(checked(kSick, {"--baseline", sick, "--fail-on", "watch"}));
  EXPECT_EQ(same.code, kHealthy) << same.err;
  EXPECT_THAT(same.out, HasSubstr("\nexit 0    nothing new or worse, on watch or critical\n"));
  EXPECT_THAT(same.out, HasSubstr("; 0 of "));
  const Ran worse = run(checked(kSick, {"--baseline", well}));
  EXPECT_EQ(worse.code, kFindings) << "the bar is watch against a baseline";
  EXPECT_THAT(worse.out, HasSubstr("\nexit 1    exploding (new, watch)"));
  EXPECT_EQ(run(checked(kSick, {"--baseline", well, "--fail-on", "critical"})).code, kHealthy);
  const Ran better = run(checked(kWell, {"--baseline", sick}));
  EXPECT_EQ(better.code, kHealthy);
  EXPECT_THAT(better.out, HasSubstr("gone: exploding (watch)"));
}

TEST(CheckCommand, AFormGoesToStandardOutputAndTheVerdictToTheOther) {
  const Ran ran = run(checked(kSick, {"--format", "markdown"}));
  EXPECT_THAT(ran.out, testing::StartsWith("**WATCH** `feedforward:"));
  EXPECT_THAT(ran.err, HasSubstr("verdict   WATCH"));
  EXPECT_EQ(run(checked(kSick, {"--format", "markdown", "--quiet"})).err, "");
  const std::string path = (scratch() / "comment.md").string();
  const Ran into = run(checked(kSick, {"--format", "markdown", "-o", path}));
  EXPECT_THAT(into.out, testing::StartsWith("network   feedforward:"));
  EXPECT_EQ(bytes_of(path), ran.out);
}

}  // namespace
}  // namespace shatterproof::cli::acceptance_test
