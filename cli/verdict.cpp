// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cli/sparkline.h"
#include "cli/text.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kMostFindings = 5;
constexpr size_t kMostSkipped = 5;
constexpr size_t kMargin = 10;  // width of the words "network", "verdict", "coverage" and what follows them
constexpr std::string_view kSeparator = "   ";

void print_finding(std::ostream& out, const Finding& finding) {
  std::string title = finding.id + std::string(kSeparator) + std::string(to_string(finding.severity));
  if (finding.layers) {
    const auto [first, last] = *finding.layers;
    title += first == last ? fmt::format("{}layer {}", kSeparator, first)
                           : fmt::format("{}layers {}-{}", kSeparator, first, last);
  }
  if (!finding.confidence.empty()) title += std::string(kSeparator) + finding.confidence;
  out << "  " << title << '\n';
  constexpr size_t kIndent = 6;
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

}  // namespace

std::string verdict_word(const std::vector<Finding>& findings) {
  Severity worst = Severity::info;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  if (worst == Severity::info) return "HEALTHY";
  return worst == Severity::watch ? "WATCH" : "CRITICAL";
}

VerdictRecord verdict_record(const Diagnosis& diagnosis) {
  std::string word = verdict_word(diagnosis.findings);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return {word, diagnosis.healthy};
}

void print_verdict(std::ostream& out, const Verdict& verdict) {
  print_pieces(out, "network   ", verdict.header, kSeparator, 0);
  for (const std::string& remark : verdict.remarks) print_wrapped(out, std::string(kMargin, ' '), remark, 0);
  out << "verdict   " << verdict_word(verdict.findings) << '\n';
  for (size_t i = 0; i < std::min(kMostFindings, verdict.findings.size()); ++i)
    print_finding(out, verdict.findings[i]);
  if (verdict.findings.size() > kMostFindings) {
    out << fmt::format("  and {} more, all written with --json\n", verdict.findings.size() - kMostFindings);
  }
  if (!verdict.healthy.empty())
    print_wrapped(out, "healthy: ", fmt::format("{}", fmt::join(verdict.healthy, "; ")), 2);
  print_profile(out, verdict.readings);
  print_coverage(out, verdict.coverage);
}

}  // namespace shatterproof::cli
