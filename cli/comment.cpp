// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/acceptance.h"
#include "cli/verdict.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

// Of each sentence: a comment of all rules stays below the 65536 characters that GitHub takes.
constexpr size_t kLongestSentence = 900;

// Text from files and networks as text: no markup, no link, nobody who is told by a mention.
std::string escaped(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_[]<>#|~$&";
  constexpr unsigned char kLast = 0x7f;  // of the characters of one byte
  std::string safe;
  for (const char c : printable(text, kLongestSentence)) {
    const auto byte = static_cast<unsigned char>(c);
    if (safe.size() > kLongestSentence && (byte <= kLast || byte >= 0xc0)) return safe + "...";
    if (kMarkup.find(c) != std::string_view::npos) safe += '\\';
    safe += c;
    const std::string_view rest = safe;
    if (c == '@' || rest.ends_with(":/") || rest.ends_with("www.")) safe += "<!-- -->";
  }
  return safe;
}

// In a cell, code ends at a backtick, and the cell at a bar.
std::string code(std::string_view text) {
  std::string safe = printable(text, kLongestSentence);
  std::replace(safe.begin(), safe.end(), '`', '\'');
  std::replace(safe.begin(), safe.end(), '|', '/');
  return "`" + safe + "`";
}

std::string rule_link(const std::string& documents, const std::string& rule) {
  const std::string address = address_of(documents, rule);
  return address.empty() ? code(rule) : fmt::format("[{}](<{}>)", code(rule), address);
}

std::string severity_cell(const WeighedFinding& one) {
  const std::string word(to_string(one.finding.severity));
  return one.refuses ? "**" + word + "**" : word;
}

void print_findings(std::ostream& out, const Acceptance& acceptance, const std::string& documents) {
  out << "\n| finding | severity | layers | stands | what is seen |\n|---|---|---|---|---|\n";
  for (const WeighedFinding& one : acceptance.findings)
    out << fmt::format("| {} | {} | {} | {} | {} |\n", rule_link(documents, one.finding.id),
                       severity_cell(one), layers_text(one.finding), standing(one, acceptance),
                       escaped(one.finding.headline));
  for (const FindingChange& change : lost_findings(acceptance))
    out << fmt::format("| {} | {} | | gone | |\n", rule_link(documents, change.id),
                       to_string(*change.before));
}

void print_advice(std::ostream& out, const Acceptance& acceptance) {
  out << "\n<details><summary>Why it hurts, and what to do</summary>\n";
  for (const WeighedFinding& one : acceptance.findings) {
    if (one.ignored || one.finding.next.empty()) continue;
    out << fmt::format("\n- {}: {}. *Next:* {}.\n", code(one.finding.id), escaped(one.finding.why),
                       escaped(one.finding.next));
  }
  out << "\n</details>\n";
}

bool has_advice(const Acceptance& acceptance) {
  return std::any_of(acceptance.findings.begin(), acceptance.findings.end(),
                     [](const WeighedFinding& one) { return !one.ignored && !one.finding.next.empty(); });
}

}  // namespace

void print_comment(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                   const std::string& documents) {
  out << fmt::format("**{}** {}: {} ({}).\n", verdict_word(checked.diagnosis), code(checked.context.network),
                     acceptance.is_accepted() ? "accepted" : "refused", escaped(reason(acceptance)));
  for (const std::string& rule : acceptance.ignored_absent)
    out << fmt::format("\nIgnored, and not found: {}.\n", rule_link(documents, rule));
  if (!acceptance.findings.empty() || !lost_findings(acceptance).empty())
    print_findings(out, acceptance, documents);
  if (has_advice(acceptance)) print_advice(out, acceptance);
  for (const std::string& missing : checked.diagnosis.missing)
    out << fmt::format("\nNot measured: {}.\n", escaped(missing));
  for (const std::string& how : acceptance.made_otherwise)
    out << fmt::format("\nThe baseline was made otherwise: {}.\n", escaped(how));
}

}  // namespace shatterproof::cli
