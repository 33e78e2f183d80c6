// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "cli/printable_stream.h"
#include "cli/sparkline.h"
#include "cli/text.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kMostFindings = 5;
constexpr size_t kMostSkipped = 5;
constexpr size_t kMargin = 10;  // width of the words "network", "verdict", "coverage" and what follows them
constexpr std::string_view kSeparator = "   ";

Ink ink_of(Severity severity) {
  return severity == Severity::critical ? Ink::bad : severity == Severity::watch ? Ink::doubtful : Ink::good;
}

void print_finding(std::ostream& out, const Finding& finding) {
  const std::string severity(to_string(finding.severity));
  std::string title;
  if (finding.layers) {
    const auto [first, last] = *finding.layers;
    title += first == last ? fmt::format("{}layer {}", kSeparator, first)
                           : fmt::format("{}layers {}-{}", kSeparator, first, last);
  }
  if (!finding.cause.empty()) title += fmt::format("{}follows from {}", kSeparator, finding.cause);
  constexpr size_t kIndent = 6, kLine = 78;
  if (!finding.confidence.empty()) {
    const size_t before = finding.id.size() + kSeparator.size() + severity.size();
    const bool fits = before + title.size() + kSeparator.size() + finding.confidence.size() <= kLine;
    title += (fits ? std::string(kSeparator) : "\n" + std::string(kIndent, ' ')) + finding.confidence;
  }
  out << "  " << finding.id << kSeparator;
  if (finding.severity == Severity::info) {
    out << severity;
  } else {
    paint(out, ink_of(finding.severity), severity);
  }
  out << title << '\n';
  if (!finding.headline.empty()) print_wrapped(out, "", finding.headline, kIndent);
  if (!finding.why.empty()) print_wrapped(out, "why   ", finding.why, kIndent);
  if (!finding.next.empty()) print_wrapped(out, "next  ", finding.next, kIndent);
}

void print_coverage(std::ostream& out, const CoverageRecord& coverage) {
  std::string line = fmt::format("{} of {} nodes measured", coverage.measured, coverage.nodes);
  for (const std::string& note : coverage.approximated) line += "; " + note;
  for (size_t i = 0; i < std::min(kMostSkipped, coverage.skipped.size()); ++i) {
    line += fmt::format("; skipped {}: {}", coverage.skipped[i].node, coverage.skipped[i].reason);
  }
  if (coverage.skipped.size() > kMostSkipped) {
    line += fmt::format("; {} more skipped, all named with --json", coverage.skipped.size() - kMostSkipped);
  }
  print_wrapped(out, "coverage  ", line, 0);
}

std::string weights_text(const Checked& checked) {
  const ContextRecord& context = checked.context;
  if (context.initializer.empty()) {
    if (checked.fresh) return "own weights, initial";
    const bool is_known = checked.provenance.state == Provenance::State::trained;
    return is_known ? "own weights, trained" : "own weights, taken for trained (else --untrained)";
  }
  return fmt::format(
      "initial weights: {}, {}", context.initializer,
      context.seeds == 1 ? fmt::format("seed {}", context.seed) : fmt::format("{} seeds", context.seeds));
}

// The same network on inputs of mean 0 and deviation 1.
void print_standardized(std::ostream& out, const Diagnosis& diagnosis) {
  std::vector<std::string> found;
  for (const Finding& finding : diagnosis.findings) {
    if (finding.severity >= Severity::watch && finding.cause.empty()) found.push_back(finding.id);
  }
  print_wrapped(out, "with standardized inputs: ",
                verdict_word(diagnosis) + (found.empty() ? "" : fmt::format(" ({})", fmt::join(found, ", "))),
                2);
}

// The ways in which readings were made, the most frequent first: "functional sum, probe for 4 of 15
// readings".
std::string ways_text(const std::string& what, const std::vector<Reading>& readings,
                      std::string Reading::*way) {
  std::map<std::string, int> counts;
  for (const Reading& reading : readings) ++counts[reading.*way];
  std::vector<std::pair<std::string, int>> ways(counts.begin(), counts.end());
  std::stable_sort(ways.begin(), ways.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = what;
  for (size_t i = 0; i < ways.size(); ++i) {
    text += i == 0
                ? " " + ways[i].first
                : fmt::format(", {} for {} of {} readings", ways[i].first, ways[i].second, readings.size());
  }
  return text;
}

std::vector<std::string> header_of(const Checked& checked) {
  const ContextRecord& context = checked.context;
  std::vector<std::string> header = {context.network};
  if (checked.graph) {
    header.push_back(
        fmt::format("{} layers, {} parameters", checked.layers, short_count(checked.parameters)));
    header.push_back(weights_text(checked));
    header.push_back("inputs: " + context.inputs);
  } else {
    header.push_back(fmt::format("{} taps of {} examples", checked.coverage.nodes, context.examples));
  }
  header.push_back(ways_text("functional", checked.readings, &Reading::functional));
  if (checked.normalizes_batch || !checked.graph)
    header.push_back(ways_text("batch statistics", checked.readings, &Reading::batch_norm));
  return header;
}

std::string rehearsal_text(const Rehearsal& rehearsal) {
  if (rehearsal.task.sentence.empty()) return fmt::format("none: {}", rehearsal.reason);
  return fmt::format("asked to fit {}: {} ({}; {} steps)", rehearsal.task.sentence,
                     to_string(rehearsal.verdict), rehearsal.reason, rehearsal.steps);
}

}  // namespace

std::string verdict_word(const Diagnosis& diagnosis) {
  switch (worst(diagnosis)) {
    case Severity::critical:
      return "CRITICAL";
    case Severity::watch:
      return "WATCH";
    case Severity::info:
      break;
  }
  return diagnosis.missing.empty() ? "HEALTHY" : "UNKNOWN";
}

std::string rehearsals_text(const Checked& checked) {
  std::string text = checked.rehearsal ? rehearsal_text(*checked.rehearsal) : "";
  const bool is_other =
      checked.own_rehearsal && checked.rehearsal && checked.rehearsal->task.kind != RehearsalTask::Kind::own;
  if (is_other) text += "; " + rehearsal_text(checked.own_rehearsal->rehearsal);
  return text;
}

void print_verdict(std::ostream& out, const Checked& checked) {
  const Diagnosis& diagnosis = checked.diagnosis;
  print_pieces(out, "network   ", header_of(checked), kSeparator, 0);
  if (checked.context.initializer.empty() && !checked.provenance.evidence.empty())
    print_wrapped(out, "weights   ", checked.provenance.sentence(), 0);
  for (const std::string& remark : checked.remarks) print_wrapped(out, std::string(kMargin, ' '), remark, 0);
  if (const std::string fared = rehearsals_text(checked); !fared.empty())
    print_wrapped(out, "rehearsal ", fared, 0);
  out << "verdict   ";
  paint(out, diagnosis.missing.empty() ? ink_of(worst(diagnosis)) : Ink::doubtful, verdict_word(diagnosis));
  out << '\n';
  const size_t shown = std::min(kMostFindings, diagnosis.findings.size());
  for (size_t i = 0; i < shown; ++i) print_finding(out, diagnosis.findings[i]);
  if (diagnosis.findings.size() > shown)
    out << fmt::format("  and {} more, all written with --json\n", diagnosis.findings.size() - shown);
  if (!diagnosis.missing.empty())
    print_wrapped(out, "not measured: ", fmt::format("{}", fmt::join(diagnosis.missing, "; ")), 2);
  if (!diagnosis.healthy.empty())
    print_wrapped(out, "healthy: ", fmt::format("{}", fmt::join(diagnosis.healthy, "; ")), 2);
  if (checked.standardized) print_standardized(out, *checked.standardized);
  print_profile(out, checked.readings);
  print_coverage(out, checked.coverage);
}

}  // namespace shatterproof::cli
