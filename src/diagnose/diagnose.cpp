// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/rule.h"

namespace shatterproof {
namespace {

std::string_view word(Severity severity) {
  return to_string(severity);
}

// The finding of the rule as severe as half of the draws confirm; empty when fewer have it at all.
std::optional<Finding> confirmed(const RuleRecord& rule, const Examination& examination,
                                 const Thresholds& thresholds) {
  std::vector<std::optional<Finding>> found;
  for (const Draw& draw : examination.draws) found.push_back(rule.judge(examination, draw, thresholds));
  const auto count = [&](Severity least) {
    return std::count_if(found.begin(), found.end(),
                         [&](const auto& f) { return f && f->severity >= least; });
  };
  const auto draws = static_cast<std::ptrdiff_t>(found.size());
  for (const Severity severity : {Severity::critical, Severity::watch, Severity::info}) {
    const std::ptrdiff_t confirming = count(severity);
    if (confirming == 0 || 2 * confirming < draws) continue;
    // Numbers of the mean where it shows the finding too, else those of a draw that does.
    std::optional<Finding> finding = rule.judge(examination, examination.mean, thresholds);
    if (!finding) {
      finding = *std::find_if(found.begin(), found.end(),
                              [&](const auto& f) { return f && f->severity >= severity; });
    }
    finding->id = rule.id;
    finding->severity = severity;
    if (draws > 1)
      finding->confidence = fmt::format("{} in {} of {} draws", word(severity), confirming, draws);
    return finding;
  }
  return {};
}

}  // namespace

Diagnosis diagnose(const Examination& examination, const Thresholds& thresholds) {
  Diagnosis diagnosis;
  const bool is_finite = std::none_of(examination.draws.begin(), examination.draws.end(),
                                      [](const Draw& draw) { return draw.non_finite.has_value(); });
  for (const RuleRecord& rule : rules()) {
    if (!(examination.initial_weights ? rule.judges_initial_weights : rule.judges_trained_weights)) continue;
    if (auto finding = confirmed(rule, examination, thresholds)) {
      diagnosis.findings.push_back(std::move(*finding));
    } else if (std::string phrase = rule.healthy(examination, examination.mean, thresholds);
               is_finite && !phrase.empty()) {
      diagnosis.healthy.push_back(std::move(phrase));
    }
  }
  std::stable_sort(diagnosis.findings.begin(), diagnosis.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return diagnosis;
}

Severity worst(const Diagnosis& diagnosis) {
  Severity worst = Severity::info;
  for (const Finding& finding : diagnosis.findings) worst = std::max(worst, finding.severity);
  return worst;
}

VerdictRecord verdict_record(const Diagnosis& diagnosis) {
  const Severity severity = worst(diagnosis);
  return {severity == Severity::info ? "healthy" : std::string(word(severity)), diagnosis.healthy};
}

}  // namespace shatterproof
