// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/acceptance.h"
#include "cli/verdict.h"
#include "shatterproof/core/error.h"
#include "shatterproof/diagnose/catalog.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kLongest = 10'000;

// XML has no form for control characters: `printable` writes them out.
std::string xml(std::string_view text) {
  std::string safe;
  for (const char c : printable(text, kLongest)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

// Jenkins takes what stands before the last dot for a package.
std::string class_name(std::string network) {
  std::replace(network.begin(), network.end(), '.', '_');
  return "shatterproof." + network;
}

std::string body(const WeighedFinding& one, const Acceptance& acceptance, const std::string& documents) {
  const Finding& finding = one.finding;
  std::string text = xml(fmt::format("{}: {}", to_string(finding.severity), finding.headline));
  const auto add = [&](const char* label, const std::string& words) {
    if (!words.empty()) text += fmt::format("\n{}{}", label, xml(words));
  };
  add("", layers_text(finding));
  add("", finding.confidence);
  add("", standing(one, acceptance));
  add("why: ", finding.why);
  add("next: ", finding.next);
  add("", address_of(documents, finding.id));
  return text;
}

// Of a rule that found something: a failure where that decides, skipped where it is ignored, else passed.
void print_found(std::ostream& out, const WeighedFinding& one, const Acceptance& acceptance,
                 const std::string& documents) {
  const std::string text = body(one, acceptance, documents);
  if (one.refuses) {
    out << fmt::format("\n      <failure type=\"{}\" message=\"{}\">{}</failure>",
                       to_string(one.finding.severity), xml(one.finding.headline), text);
  } else if (one.ignored) {
    out << fmt::format("\n      <skipped message=\"{}\"/>\n      <system-out>{}</system-out>",
                       xml("ignored: " + one.finding.headline), text);
  } else {
    out << fmt::format("\n      <system-out>{}</system-out>", text);
  }
}

const WeighedFinding* found_by(const std::string& rule, const Acceptance& acceptance) {
  const auto found = std::find_if(acceptance.findings.begin(), acceptance.findings.end(),
                                  [&](const WeighedFinding& one) { return one.finding.id == rule; });
  return found == acceptance.findings.end() ? nullptr : &*found;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void print_case(std::ostream& out, const RuleRecord& rule, const std::string& name,
                const Acceptance& acceptance, const std::string& documents) {
  const WeighedFinding* found = found_by(rule.id, acceptance);
  const bool absent = has(acceptance.ignored_absent, rule.id);
  out << fmt::format("    <testcase name=\"{}\" classname=\"{}\"", rule.id, name);
  if (!found && !absent) {
    out << "/>\n";
    return;
  }
  out << '>';
  if (found) print_found(out, *found, acceptance, documents);
  if (absent) out << "\n      <skipped message=\"ignored: not found\"/>";
  out << "\n    </testcase>\n";
}

// What a verdict needs and nobody measured: no finding may come of that.
void print_missing(std::ostream& out, const std::string& name, const std::vector<std::string>& missing) {
  std::string text;
  for (const std::string& one : missing) text += (text.empty() ? "" : "; ") + one;
  out << fmt::format("    <testcase name=\"measured\" classname=\"{}\">\n", name)
      << fmt::format("      <skipped message=\"{}\"/>\n    </testcase>\n", xml("not measured: " + text));
}

}  // namespace

void print_junit(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                 const std::string& documents) {
  const std::vector<std::string>& missing = checked.diagnosis.missing;
  const auto count = [&](auto what) {
    return std::count_if(acceptance.findings.begin(), acceptance.findings.end(), what);
  };
  const auto failures = count([](const WeighedFinding& one) { return one.refuses; });
  const auto skipped = count([](const WeighedFinding& one) { return one.ignored; }) +
                       std::ssize(acceptance.ignored_absent) + (missing.empty() ? 0 : 1);
  const size_t tests = rules().size() + (missing.empty() ? 0 : 1);
  const std::string name = xml(class_name(checked.context.network));
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      << fmt::format("<testsuites name=\"shatterproof check\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
                     tests, failures)
      << fmt::format(
             "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
             "timestamp=\"{}\">\n",
             xml(checked.context.network), tests, failures, skipped, xml(checked.context.date));
  for (const RuleRecord& rule : rules()) print_case(out, rule, name, acceptance, documents);
  if (!missing.empty()) print_missing(out, name, missing);
  out << fmt::format("    <system-out>{}: {}</system-out>\n", verdict_word(checked.diagnosis),
                     xml(reason(acceptance)))
      << "  </testsuite>\n</testsuites>\n";
}

}  // namespace shatterproof::cli
