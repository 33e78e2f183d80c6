// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "diagnose/dead_layer.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/remedy_words.h"
#include "shatterproof/diagnose/rule.h"

namespace shatterproof {
namespace {

// What every rule has found in one draw, those before it known to each.
Findings judged(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  Findings found;
  for (const RuleRecord& rule : rules()) {
    std::optional<Finding> finding = rule.judge(examination, draw, thresholds, found);
    if (!finding) continue;
    finding->id = rule.id;
    found.push_back(std::move(*finding));
  }
  return found;
}

// The rule's finding as severe as half of the draws confirm; empty when fewer have it at all.
std::optional<Finding> confirmed(const std::string& id, const Findings& of_mean,
                                 const std::vector<Findings>& of_draws) {
  std::vector<const Finding*> found;
  for (const Findings& findings : of_draws) found.push_back(find(findings, id));
  const auto draws = static_cast<std::ptrdiff_t>(found.size());
  for (const Severity severity : {Severity::critical, Severity::watch, Severity::info}) {
    const auto confirms = [&](const Finding* finding) { return finding && finding->severity >= severity; };
    const std::ptrdiff_t confirming = std::count_if(found.begin(), found.end(), confirms);
    if (confirming == 0 || 2 * confirming < draws) continue;
    // Numbers of the mean where it shows the finding too, else those of a draw that does.
    const Finding* shown = find(of_mean, id);
    if (!shown) shown = *std::find_if(found.begin(), found.end(), confirms);
    Finding finding = *shown;
    finding.severity = severity;
    if (draws > 1) finding.confidence = fmt::format("in {} of {} draws", confirming, draws);
    return finding;
  }
  return {};
}

bool explains(const Finding& cause, const Finding& effect) {
  const std::vector<std::string>& explained = rule_of(cause.id).explains;
  // Blocks at rest look collapsed, and are not.
  const bool is_cause = (cause.severity >= Severity::watch && !cause.is_local) || cause.id == "zero_init";
  return is_cause && effect.severity >= Severity::watch &&
         std::find(explained.begin(), explained.end(), effect.id) != explained.end();
}

// The first finding in the order of causes that explains another one is its cause, unless that follows from
// it in turn.
void name_causes(const Examination& examination, Findings& findings) {
  for (size_t effect = 0; effect < findings.size(); ++effect) {
    if (findings[effect].id == "dead_layer" && has_own_cause(examination)) continue;
    for (size_t cause = 0; cause < findings.size(); ++cause) {
      if (cause == effect || !findings[cause].cause.empty() || !explains(findings[cause], findings[effect]))
        continue;
      if (cause > effect && explains(findings[effect], findings[cause])) continue;
      findings[effect].cause = findings[cause].id;
      break;
    }
  }
}

// Whether it may be why examples are learned and their neighbours are not: gradients oscillate between them.
bool oscillates(const Finding& finding) {
  const RuleRecord& rule = rule_of(finding.id);
  return rule.showing == Showing::around ||
         std::find(rule.explains.begin(), rule.explains.end(), "overly_nonlinear") != rule.explains.end();
}

// So little that Adam, which divides gradients by their size, fits it, and plain descent may not.
bool is_undisputed(const Finding& finding, const Thresholds& thresholds) {
  if (finding.id != "vanishing" || finding.evidence.empty()) return false;
  const Evidence& evidence = finding.evidence.front();
  return evidence.value < thresholds.value("vanishing.undisputed_gain") * evidence.healthy.value_or(0);
}

// Whether the rehearsal of a network that learns speaks against the finding.
bool speaks_against(const Rehearsal& rehearsal, const Finding& finding, const Thresholds& thresholds) {
  const Showing showing = rule_of(finding.id).showing;
  if (showing == Showing::never) return false;
  if (showing == Showing::at_once) return rehearsal.at_once;
  if (finding.severity < Severity::critical || rehearsal.at_once) return true;
  // What hardly depends on its inputs, or is straight, could not be fitted whole.
  if (rehearsal.share() < kFittedShare && !oscillates(finding) && !is_undisputed(finding, thresholds))
    return true;
  return showing == Showing::around && rehearsal.around_share && *rehearsal.around_share < kAroundShare;
}

// A severity that no trial has confirmed is a suspicion.
Severity suspicion(Severity severity) {
  return std::min(severity, Severity::watch);
}

void add_rehearsal(const Rehearsal& rehearsal, const char* what, Finding& finding) {
  finding.evidence.push_back({.name = "loss of a rehearsal over that of a constant",
                              .value = rehearsal.share(),
                              .healthy = kLearnedShare,
                              .healthy_side = "<"});
  finding.why += fmt::format("; {}: {}", what, rehearsal.reason);
}

// Whether trying the network shows that the finding keeps it from learning. What is left of labels around the
// examples was held against trainings; of targets healthy networks that end in maps of features keep as much.
bool is_confirmed(const std::optional<Rehearsal>& rehearsal, const Finding& finding) {
  if (!rehearsal || finding.severity < Severity::watch) return false;
  const bool fits_no_neighbours = oscillates(finding) && rehearsal->task.kind == RehearsalTask::Kind::labels;
  if (rehearsal->verdict == RehearsalVerdict::memorizes) return fits_no_neighbours;
  // Learned by heart and hardly around: what its readings call critical.
  if (rehearsal->verdict == RehearsalVerdict::learns)
    return fits_no_neighbours && finding.severity == Severity::critical &&
           rehearsal->around_share.value_or(0) >= kAroundShare;
  return is_failure(rehearsal->verdict);
}

// A network that fits a batch by heart, and what lies around it, is not sick beyond doubt; one that does not
// is, by its first cause. Of a trained one, which has learned what it was trained for, the same is asked:
// whether it would go on learning.
void settle(const Examination& examination, const Thresholds& thresholds, Findings& findings) {
  const std::optional<Rehearsal>& rehearsal = examination.rehearsal;
  const auto verdict = rehearsal ? rehearsal->verdict : RehearsalVerdict::unjudged;
  bool has_cause = false;
  for (Finding& finding : findings) {
    if (finding.is_certain || finding.id == "stuck") {
      has_cause = true;
      continue;
    }
    const bool is_cause = examination.initial_weights && !has_cause && finding.cause.empty() &&
                          is_confirmed(rehearsal, finding);
    if (finding.cause == "zero_init") {
      finding.severity = Severity::info;
      finding.remedies.clear();
    } else if (is_cause) {
      has_cause = true;
      finding.severity = Severity::critical;
      add_rehearsal(*rehearsal,
                    cannot_fit(verdict) ? "it does not fit one batch by heart"
                                        : "it fits one batch by heart, and not what lies around it",
                    finding);
    } else if (verdict == RehearsalVerdict::learns) {
      if (finding.severity == Severity::critical)
        add_rehearsal(*rehearsal, "but it fits one batch by heart", finding);
      const bool is_note =
          finding.severity > Severity::info && speaks_against(*rehearsal, finding, thresholds);
      finding.severity = is_note ? Severity::info : suspicion(finding.severity);
      // A network that learns is not told to change for it.
      if (is_note) finding.remedies.clear();
    } else {
      finding.severity = suspicion(finding.severity);
    }
  }
}

// What follows from a note is no more than a note; what is certain needs no cause.
void follow_causes(Findings& findings) {
  for (Finding& finding : findings) {
    const Finding* cause = find(findings, finding.cause);
    if (cause && !finding.is_certain && finding.id != "non_finite")
      finding.severity = std::min(finding.severity, cause->severity);
  }
}

// What to do first is said once: where a finding follows from another, at that one.
void advise(Findings& findings) {
  for (Finding& finding : findings) {
    const Finding* cause = find(findings, finding.cause);
    if (!cause || cause->remedies.empty() || finding.is_certain) finding.next = words_of(finding.remedies);
  }
}

// Names of the readings without which "healthy" says nothing.
std::vector<std::string> missing_readings(const Examination& examination) {
  std::vector<std::string> missing;
  if (examination.rehearsal && examination.rehearsal->verdict == RehearsalVerdict::learns) return missing;
  for (const char* name : {"correlation_length", "end_to_end_gain", "gradient_scale_coefficient"}) {
    const Reading* reading = find(examination.mean.readings, name);
    if (!reading || !reading->is_defined())
      missing.push_back(reading ? fmt::format("{} ({})", name, reading->undefined) : name);
  }
  return missing;
}

}  // namespace

const Finding* find(const Findings& findings, std::string_view id) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const Finding& finding) { return finding.id == id; });
  return found == findings.end() ? nullptr : &*found;
}

Diagnosis diagnose(const Examination& examination, const Thresholds& thresholds) {
  std::vector<Findings> of_draws;
  for (const Draw& draw : examination.draws) of_draws.push_back(judged(examination, draw, thresholds));
  const Findings of_mean = judged(examination, examination.mean, thresholds);
  const bool is_finite = std::none_of(examination.draws.begin(), examination.draws.end(),
                                      [](const Draw& draw) { return draw.non_finite.has_value(); });
  Diagnosis diagnosis;
  for (const RuleRecord& rule : rules()) {
    if (auto finding = confirmed(rule.id, of_mean, of_draws)) {
      diagnosis.findings.push_back(std::move(*finding));
      continue;
    }
    const bool in_some_draw = std::any_of(of_draws.begin(), of_draws.end(),
                                          [&](const Findings& one) { return find(one, rule.id); });
    if (!is_finite || in_some_draw) continue;
    std::string phrase =
        rule.healthy ? rule.healthy(examination, examination.mean, thresholds, of_mean) : std::string();
    if (!phrase.empty()) diagnosis.healthy.push_back(std::move(phrase));
  }
  name_causes(examination, diagnosis.findings);
  settle(examination, thresholds, diagnosis.findings);
  follow_causes(diagnosis.findings);
  advise(diagnosis.findings);
  std::stable_sort(
      diagnosis.findings.begin(), diagnosis.findings.end(), [](const Finding& a, const Finding& b) {
        return a.severity != b.severity ? a.severity > b.severity : a.cause.empty() > b.cause.empty();
      });
  if (worst(diagnosis) == Severity::info) diagnosis.missing = missing_readings(examination);
  return diagnosis;
}

std::string_view to_string(Showing showing) {
  switch (showing) {
    case Showing::never:
      return "never";
    case Showing::at_once:
      return "at_once";
    case Showing::in_batch:
      return "in_batch";
    case Showing::around:
      return "around";
  }
  return "";
}

Severity worst(const Diagnosis& diagnosis) {
  Severity worst = Severity::info;
  for (const Finding& finding : diagnosis.findings) worst = std::max(worst, finding.severity);
  return worst;
}

VerdictRecord verdict_record(const Diagnosis& diagnosis) {
  const Severity severity = worst(diagnosis);
  const char* fine = diagnosis.missing.empty() ? "healthy" : "unknown";
  return {severity == Severity::info ? fine : std::string(to_string(severity)), diagnosis.healthy};
}

}  // namespace shatterproof
