// SPDX-License-Identifier: Apache-2.0
#include "cli/comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cli/text.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kMostLeftOut = 5;

bool same_reading(const DifferenceRecord& a, const DifferenceRecord& b) {
  return a.name == b.name && a.tap == b.tap && a.case_name == b.case_name && a.functional == b.functional &&
         a.batch_norm == b.batch_norm;
}

bool is_clearer(const DifferenceRecord& a, const DifferenceRecord& b) {
  return a.probability.value_or(1) < b.probability.value_or(1);
}

// Of every reading the place where it differs most.
std::vector<DifferenceRecord> clearest(const Comparison& comparison) {
  std::vector<DifferenceRecord> found;
  for (const DifferenceRecord& one : comparison.differences) {
    if (found.empty() || !same_reading(found.back(), one)) {
      found.push_back(one);
    } else if (is_clearer(one, found.back())) {
      found.back() = one;
    }
  }
  std::stable_partition(found.begin(), found.end(), [](const DifferenceRecord& one) { return one.differs; });
  return found;
}

std::string place(const DifferenceRecord& one) {
  std::vector<std::string> words;
  for (const std::string& word : {one.case_name, one.tap}) {
    if (!word.empty()) words.push_back(word);
  }
  if (one.x) words.push_back(fmt::format("{} {:.4g}", one.x_name, *one.x));
  if (one.other_x && one.other_x != one.x) words.push_back(fmt::format("and {:.4g}", *one.other_x));
  return fmt::format("{}", fmt::join(words, " "));
}

// "x 12.3" of what is averaged geometrically, else b - a, each with its error.
std::string difference(const DifferenceRecord& one) {
  if (one.logarithmic) {
    const std::string factor = fmt::format("x {:.3g}", std::exp(one.difference));
    return one.standard_error ? fmt::format("{} (/ {:.2g})", factor, std::exp(*one.standard_error)) : factor;
  }
  const std::string change = fmt::format("{:+.3g}", one.difference);
  return one.standard_error ? fmt::format("{} ({:.2g})", change, *one.standard_error) : change;
}

std::string probability(const DifferenceRecord& one) {
  if (!one.probability) return "one draw";
  return *one.probability < 1e-4 ? "< 0.0001" : fmt::format("{:.2g}", *one.probability);
}

std::string severity(const std::optional<Severity>& found) {
  return found ? std::string(to_string(*found)) : "not found";
}

std::string words_of(const FindingChange& change) {
  const char* what = !change.before      ? "gained"
                     : !change.after     ? "lost"
                     : change.is_worse() ? "worse"
                                         : "better";
  return fmt::format("{}: {} ({} -> {})", what, change.id, severity(change.before), severity(change.after));
}

std::string verdict(const std::string& word) {
  return word.empty() ? "no verdict" : word;
}

std::string count_text(const std::vector<DifferenceRecord>& rows, const Comparison& comparison) {
  const auto differing = std::count_if(rows.begin(), rows.end(), [](const auto& one) { return one.differs; });
  const auto judged =
      std::count_if(rows.begin(), rows.end(), [](const auto& one) { return one.probability.has_value(); });
  if (judged == 0) return fmt::format("{} readings, of single draws: no errors to go by", rows.size());
  return fmt::format("{} of {} readings differ beyond their errors ({:.0f} %, all together{})", differing,
                     judged, 100 * (1 - comparison.level), comparison.seed_by_seed ? "; seed by seed" : "");
}

std::vector<std::vector<std::string>> table(const std::vector<DifferenceRecord>& rows, bool all) {
  std::vector<std::vector<std::string>> lines = {{"", "reading", "at", "A", "B", "B - A, or x B / A", "p"}};
  for (const DifferenceRecord& one : rows) {
    if (!one.differs && !all && one.probability) continue;
    lines.push_back({one.differs ? "*" : "", one.name, place(one), short_number(one.a), short_number(one.b),
                     difference(one), probability(one)});
  }
  return lines;
}

// Which of the two is meant, where one is named.
std::string conclusion(const Comparison& comparison) {
  if (comparison.is_worse()) return "B is worse";
  return comparison.findings.empty() ? "the same findings" : "B is no worse";
}

}  // namespace

void print_comparison(std::ostream& out, const Comparison& comparison, bool all) {
  const std::vector<DifferenceRecord> rows = clearest(comparison);
  print_wrapped(out, "A         ", comparison.network + "   " + verdict(comparison.verdict), 0);
  print_wrapped(out, "B         ", comparison.other + "   " + verdict(comparison.other_verdict), 0);
  out << "findings  " << conclusion(comparison) << '\n';
  for (const FindingChange& change : comparison.findings) {
    print_wrapped(out, "", words_of(change), 2);
    if (!change.headline.empty()) print_wrapped(out, "", change.headline, 6);
  }
  print_wrapped(out, "readings  ", count_text(rows, comparison), 0);
  const auto lines = table(rows, all);
  if (lines.size() > 1) print_table(out, lines, 2);
  if (comparison.not_compared.empty()) return;
  const size_t shown =
      all ? comparison.not_compared.size() : std::min(kMostLeftOut, comparison.not_compared.size());
  const std::vector<std::string> first(comparison.not_compared.begin(),
                                       comparison.not_compared.begin() + static_cast<std::ptrdiff_t>(shown));
  std::string text = fmt::format("{}", fmt::join(first, "; "));
  if (shown < comparison.not_compared.size())
    text += fmt::format("; and {} more, printed with --all", comparison.not_compared.size() - shown);
  print_wrapped(out, "not compared: ", text, 2);
}

void print_markdown(std::ostream& out, const Comparison& comparison, bool all) {
  const std::vector<DifferenceRecord> rows = clearest(comparison);
  out << fmt::format("**{}** (`{}` {} -> `{}` {}); {}.\n", conclusion(comparison), comparison.network,
                     verdict(comparison.verdict), comparison.other, verdict(comparison.other_verdict),
                     count_text(rows, comparison));
  if (!comparison.findings.empty()) {
    out << "\n| finding | A | B |\n|---|---|---|\n";
    for (const FindingChange& change : comparison.findings)
      out << fmt::format("| `{}` | {} | {} |\n", change.id, severity(change.before), severity(change.after));
  }
  std::vector<std::vector<std::string>> lines = table(rows, all);
  if (lines.size() < 2) return;
  out << '\n';
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string>& line = lines[i];
    line[1] = i == 0 ? line[1] : fmt::format("`{}`{}", line[1], line[0]);
    line.erase(line.begin());
    out << fmt::format("| {} |\n", fmt::join(line, " | "));
    if (i == 0) out << "|---|---|---|---|---|---|\n";
  }
}

}  // namespace shatterproof::cli
