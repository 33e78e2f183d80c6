// SPDX-License-Identifier: Apache-2.0
// What measures and judges: measurements, rules, theories, remedies.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "explain/entries.h"
#include "explain/page.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/remedy/catalog.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

std::string number(double value) {
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  return fmt::format("{:.4g}", value);
}

std::string range(ReadingType type, double least, double most) {
  return fmt::format("a {} from {} to {}", to_string(type), number(least), number(most));
}

std::vector<std::string> measurement_names() {
  return names_of(measurements());
}

// Rules that rest on it, with what they compare it with.
std::vector<std::string> rules_on(const std::string& measurement) {
  std::vector<std::string> lines;
  for (const RuleRecord& rule : rules()) {
    if (std::find(rule.rests_on.begin(), rule.rests_on.end(), measurement) != rule.rests_on.end())
      lines.push_back(fmt::format("{}: {}", rule.id, rule.sentence));
  }
  return lines;
}

std::vector<std::string> facts_of(const ExperimentRecord& record) {
  std::vector<std::string> lines = {
      fmt::format("{}, {}; {}", record.symbol, range(record.type, record.least, record.most),
                  record.range_note),
      "undefined for " + record.undefined_when};
  if (record.along_path) lines.push_back("wants examples ordered along a grid or path");
  for (const OptionRecord& option : record.options)
    lines.push_back(fmt::format("option {}={}: {}", option.name, option.otherwise, option.meaning));
  for (const CompanionReading& one : record.companions)
    lines.push_back(fmt::format("with it comes {}: {}", one.name, one.sentence));
  return lines;
}

Explanation explained_measurement(const std::string& name) {
  const ExperimentRecord& record = measurement_of(name);
  const std::string page = "measurements/" + name;
  Explanation explanation;
  explanation.sentence = record.sentence;
  explanation.passages = {passage("Formula", {"    " + record.formula}),
                          passage("Range", facts_of(record)),
                          section(page, "How to read it"),
                          section(page, "What healthy looks like"),
                          passage("What to do", rules_on(name)),
                          section(page, "When it misleads"),
                          section(page, "What theory says"),
                          passage("Where it is from", {record.reference})};
  return explanation;
}

std::vector<std::string> companion_names() {
  std::vector<std::string> names;
  for (const ExperimentRecord& record : measurements()) {
    for (const CompanionReading& one : record.companions) names.push_back(one.name);
  }
  return names;
}

Explanation explained_companion(const std::string& name) {
  for (const ExperimentRecord& record : measurements()) {
    for (const CompanionReading& one : record.companions) {
      if (one.name != name) continue;
      Explanation explanation = explained_measurement(record.name);
      explanation.sentence = one.sentence;
      std::vector<Passage>& passages = explanation.passages;
      passages.insert(passages.begin(), passage("Range", {range(one.type, one.least, one.most)}));
      passages.insert(passages.begin(), passage("Comes with", {record.name + ": " + record.sentence}));
      return explanation;
    }
  }
  return {};
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const RuleRecord& rule : rules()) names.push_back(rule.id);
  return names;
}

Explanation explained_rule(const std::string& id) {
  const RuleRecord& rule = rule_of(id);
  const std::string page = "findings/" + id;
  std::vector<std::string> bounds, ties, sources;
  for (const std::string& measurement : rule.rests_on)
    sources.push_back(measurement + ": " + measurement_of(measurement).reference);
  for (const Threshold& one : Thresholds().of(id))
    bounds.push_back(fmt::format("{} = {}: {}", one.name, number(one.value), one.meaning));
  if (!rule.rests_on.empty()) ties.push_back(fmt::format("rests on {}", fmt::join(rule.rests_on, ", ")));
  if (!rule.explains.empty())
    ties.push_back(
        fmt::format("where these are found too, it is their cause: {}", fmt::join(rule.explains, ", ")));
  Explanation explanation;
  explanation.sentence = rule.sentence;
  explanation.passages = {section(page, "What it looks like"),
                          passage("What it is told from", std::move(ties)),
                          passage("What healthy looks like", std::move(bounds)),
                          section(page, "Why it hurts"),
                          section(page, "What to do"),
                          section(page, "When it is wrong"),
                          passage("Where it is from", std::move(sources))};
  return explanation;
}

std::vector<std::string> threshold_names() {
  return names_of(Thresholds().all());
}

Explanation explained_threshold(const std::string& name) {
  const std::vector<Threshold> all = Thresholds().all();
  const Threshold& one = record_of(all, name);
  const size_t dot = name.find('.');
  const std::string rule = name.substr(0, dot);
  Explanation explanation;
  explanation.sentence = fmt::format("{} ({}).", one.meaning, number(one.value));
  explanation.passages = {passage(
      "What to do", {fmt::format("`check --thresholds FILE.toml` takes another value, under [{}]: {} = {}",
                                 rule, name.substr(dot + 1), number(one.value))})};
  for (const RuleRecord& record : rules()) {  // none has the thresholds of remedies
    if (record.id == rule)
      explanation.passages.push_back(passage("Of the rule", {rule + ": " + record.sentence}));
  }
  return explanation;
}

std::vector<std::string> theory_names() {
  return names_of(theories());
}

Explanation explained_theory(const std::string& name) {
  const TheoryRecord& theory = record_of(theories(), name);
  Explanation explanation;
  explanation.sentence = theory.sentence;
  explanation.passages = {passage("Formula", {"    " + theory.formula}),
                          passage("What it speaks of", {fmt::format("{}", fmt::join(theory.predicts, ", ")),
                                                        "in " + theory.settings}),
                          passage("What it assumes", {theory.assumes})};
  for (Passage& one : passages_naming("theory", name)) explanation.passages.push_back(std::move(one));
  explanation.passages.push_back(passage("Where it is from", {theory.reference}));
  return explanation;
}

std::vector<std::string> remedy_names() {
  return names_of(remedies());
}

Explanation explained_remedy(const std::string& name) {
  const RemedyRecord& record = remedy_of(parse_remedy_kind(name));
  Explanation explanation;
  explanation.sentence = record.sentence;
  explanation.passages = {
      passage("Where it can be made", {record.applies}), passage("What is predicted", {record.predicts}),
      passage("What to do",
              {record.forms.empty()
                   ? "by hand: `mend` has no form of it to try"
                   : fmt::format("`mend --only {}` tries it and writes the changed network", name)}),
      passage("Where it is from", {record.reference})};
  return explanation;
}

constexpr ExplainedKind kKindsOfJudgement[] = {{"measurement", measurement_names, explained_measurement},
                                               {"reading", companion_names, explained_companion},
                                               {"finding", rule_names, explained_rule},
                                               {"threshold", threshold_names, explained_threshold},
                                               {"theory", theory_names, explained_theory},
                                               {"remedy", remedy_names, explained_remedy}};

}  // namespace

std::span<const ExplainedKind> kinds_of_judgement() {
  return kKindsOfJudgement;
}

}  // namespace shatterproof
