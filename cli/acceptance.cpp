// SPDX-License-Identifier: Apache-2.0
#include "cli/acceptance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/address.h"
#include "cli/command_line.h"
#include "cli/text.h"

namespace shatterproof::cli {
namespace {

std::string severity_text(const WeighedFinding& one, const Acceptance& acceptance) {
  const std::string now(to_string(one.finding.severity));
  if (!acceptance.comparison) return now;
  return one.before ? fmt::format("{} -> {}", to_string(*one.before), now) : "new, " + now;
}

std::vector<std::string> refusing(const Acceptance& acceptance) {
  std::vector<std::string> words;
  for (const WeighedFinding& one : acceptance.findings) {
    if (one.refuses) words.push_back(fmt::format("{} ({})", one.finding.id, severity_text(one, acceptance)));
  }
  return words;
}

std::vector<std::string> ignored(const Acceptance& acceptance) {
  std::vector<std::string> words;
  for (const WeighedFinding& one : acceptance.findings) {
    if (one.ignored) words.push_back(fmt::format("{} ({})", one.finding.id, to_string(one.finding.severity)));
  }
  for (const std::string& rule : acceptance.ignored_absent) words.push_back(rule + " (not found)");
  return words;
}

std::string baseline_text(const Acceptance& acceptance) {
  const Comparison& comparison = *acceptance.comparison;
  const auto kept = std::count_if(acceptance.findings.begin(), acceptance.findings.end(),
                                  [](const WeighedFinding& one) { return one.before.has_value(); });
  const auto differing = std::count_if(comparison.differences.begin(), comparison.differences.end(),
                                       [](const DifferenceRecord& one) { return one.differs; });
  std::string text = fmt::format("{}, {}: {} of {} findings were there", comparison.network,
                                 comparison.verdict, kept, acceptance.findings.size());
  for (const FindingChange& change : lost_findings(acceptance))
    text += fmt::format("; gone: {} ({})", change.id, to_string(*change.before));
  text +=
      fmt::format("; {} of {} numbers differ beyond their errors", differing, comparison.differences.size());
  if (!acceptance.made_otherwise.empty())
    text += fmt::format("; made otherwise: {}", fmt::join(acceptance.made_otherwise, "; "));
  return text;
}

}  // namespace

std::string reason(const Acceptance& acceptance) {
  const std::vector<std::string> words = refusing(acceptance);
  if (!words.empty()) return fmt::format("{}", fmt::join(words, ", "));
  return fmt::format("nothing {}{}{}", acceptance.comparison ? "new or worse, " : "",
                     acceptance.bar == Severity::critical ? "critical" : "on watch or critical",
                     ignored(acceptance).empty() ? "" : ", but for what is ignored");
}

std::string standing(const WeighedFinding& one, const Acceptance& acceptance) {
  if (one.ignored) return "ignored";
  if (!acceptance.comparison) return "";
  if (!one.before) return "new";
  if (*one.before == one.finding.severity) return "as in the baseline";
  return fmt::format("{} than {}", one.finding.severity > *one.before ? "worse" : "better",
                     to_string(*one.before));
}

std::vector<FindingChange> lost_findings(const Acceptance& acceptance) {
  std::vector<FindingChange> lost;
  if (!acceptance.comparison) return lost;
  for (const FindingChange& change : acceptance.comparison->findings) {
    if (!change.after) lost.push_back(change);
  }
  return lost;
}

std::string layers_text(const Finding& finding) {
  if (!finding.layers) return "";
  const auto [first, last] = *finding.layers;
  return first == last ? fmt::format("layer {}", first) : fmt::format("layers {}-{}", first, last);
}

std::string address_of(const std::string& documents, const std::string& rule) {
  return documents.empty() ? "" : fmt::format("{}/findings/{}.md", documents, percent_encoded(rule));
}

void print_acceptance(std::ostream& out, const Acceptance& acceptance) {
  const int code = acceptance.is_accepted() ? kHealthy : kFindings;
  print_wrapped(out, fmt::format("exit {}    ", code), reason(acceptance), 0);
  if (const std::vector<std::string> words = ignored(acceptance); !words.empty())
    print_wrapped(out, "ignored   ", fmt::format("{}", fmt::join(words, ", ")), 0);
  if (acceptance.comparison) print_wrapped(out, "baseline  ", baseline_text(acceptance), 0);
}

}  // namespace shatterproof::cli
