// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/acceptance.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/diagnose/catalog.h"

namespace shatterproof {
namespace {

void require_rules(const std::vector<std::string>& ids) {
  std::vector<std::string> known;
  for (const RuleRecord& rule : rules()) known.push_back(rule.id);
  for (const std::string& id : ids) {
    if (std::find(known.begin(), known.end(), id) == known.end())
      reject_unknown("acceptance", "rule", id, known);
  }
}

const Finding* found_in(const Results& results, const std::string& id) {
  const auto found = std::find_if(results.findings.begin(), results.findings.end(),
                                  [&](const Finding& one) { return one.id == id; });
  return found == results.findings.end() ? nullptr : &*found;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string quoted(const std::string& text) {
  return text.empty() ? "none" : "'" + text + "'";
}
template <typename Number>
std::string quoted(Number number) {
  return fmt::format("{}", number);
}

// What lets the same network be judged differently.
std::vector<std::string> made_otherwise(const ContextRecord& baseline, const ContextRecord& now) {
  std::vector<std::string> differing;
  const auto compare_field = [&](const char* name, const auto& before, const auto& after) {
    if (before != after)
      differing.push_back(fmt::format("{} {}, now {}", name, quoted(before), quoted(after)));
  };
  compare_field("inputs", baseline.inputs, now.inputs);
  compare_field("examples", baseline.examples, now.examples);
  compare_field("initial weights", baseline.initializer, now.initializer);
  compare_field("seed", baseline.seed, now.seed);
  compare_field("seeds", baseline.seeds, now.seeds);
  compare_field("functional", baseline.functional, now.functional);
  compare_field("batch norm", baseline.batch_norm, now.batch_norm);
  compare_field("precision", baseline.dtype, now.dtype);
  compare_field("version", baseline.version, now.version);
  return differing;
}

}  // namespace

bool Acceptance::is_accepted() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const WeighedFinding& one) { return one.refuses; });
}

void require_baseline(const Results& results, const std::string& operation) {
  if (!results.cases.empty() || results.verdicts.size() != 1)
    reject(operation, "must be results of `check` of one network",
           results.cases.empty() ? "results without a verdict"
                                 : fmt::format("results of {} cases", results.cases.size()));
}

Acceptance acceptance(const Results& results, const AcceptanceOptions& options, const Results* baseline) {
  require_rules(options.ignored);
  Acceptance made;
  made.bar = options.bar;
  if (baseline) {
    require_baseline(*baseline, "acceptance");
    made.comparison = compare(*baseline, results);
    made.made_otherwise = made_otherwise(baseline->context, results.context);
  }
  for (const Finding& finding : results.findings) {
    WeighedFinding one{finding, has(options.ignored, finding.id), {}, false};
    const Finding* before = baseline ? found_in(*baseline, finding.id) : nullptr;
    if (before) one.before = before->severity;
    const FindingChange change{finding.id, one.before, finding.severity, finding.headline};
    one.refuses = !one.ignored && finding.severity >= options.bar && (!baseline || change.is_worse());
    made.findings.push_back(std::move(one));
  }
  for (const std::string& id : options.ignored) {
    if (!found_in(results, id) && !has(made.ignored_absent, id)) made.ignored_absent.push_back(id);
  }
  return made;
}

}  // namespace shatterproof
