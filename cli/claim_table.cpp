// SPDX-License-Identifier: Apache-2.0
#include "cli/claim_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/text.h"

namespace shatterproof::cli {
namespace {

std::string with_error(double value, const std::optional<double>& standard_error) {
  const std::string text = short_number(value);
  return standard_error.value_or(0) > 0 ? fmt::format("{} +- {:.2g}", text, *standard_error) : text;
}

// "0.05", or "x 1.2" where a factor is judged; of an inequality its margin, when it has one.
std::string allowed(const Claim& claim) {
  if (!claim.detectable && claim.tolerance == 0) return "";
  return claim.logarithmic ? fmt::format("x {:.3g}", std::exp(claim.tolerance))
                           : fmt::format("{:.2g}", claim.tolerance);
}

void print_row(std::ostream& out, const std::string& mark, const std::string& sentence,
               const std::string& measured, const std::string& within, const std::string& from) {
  const std::string line =
      fmt::format("    {:<7}{:<56}  {:<17}  {:<8}  {}", mark, sentence, measured, within, from);
  out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
}

// A sentence too long for its column goes on below, broken at a space.
void print_claim(std::ostream& out, const Claim& claim) {
  constexpr size_t kColumn = 56;
  std::string rest = claim.sentence, mark = claim.pass ? "holds" : "FAILS";
  std::string measured = with_error(claim.measured, claim.measured_standard_error);
  std::string within = allowed(claim), from = claim.provenance;
  while (!rest.empty()) {
    size_t end = rest.size() <= kColumn ? rest.size() : rest.rfind(' ', kColumn);
    if (end == std::string::npos || end == 0) end = std::min(rest.find(' '), rest.size());
    print_row(out, mark, rest.substr(0, end), measured, within, from);
    rest.erase(0, std::min(end + 1, rest.size()));
    mark = measured = within = from = "";
  }
}

// The claims of one case under its name.
void print_case(std::ostream& out, const std::string& name, std::span<const Claim> claims) {
  out << "  " << name << '\n';
  for (const Claim& claim : claims) print_claim(out, claim);
}

}  // namespace

void print_claims(std::ostream& out, const Study& study, std::span<const Claim> claims, double seconds) {
  out << study.name << "  " << study.title << '\n';
  if (!claims.empty()) print_row(out, "", "claim", "measured", "within", "from");
  for (size_t first = 0, end = 0; first < claims.size(); first = end) {
    while (end < claims.size() && claims[end].case_name == claims[first].case_name) ++end;
    print_case(out, claims[first].case_name, claims.subspan(first, end - first));
  }
  const auto held =
      std::count_if(claims.begin(), claims.end(), [](const Claim& claim) { return claim.pass; });
  const std::string outcome = claims.empty() ? "nothing is claimed here, so nothing was judged"
                                             : fmt::format("{} of {} claims hold", held, claims.size());
  out << fmt::format("  {}, {:.1f} s\n\n", outcome, seconds) << std::flush;
}

void print_mutations(std::ostream& out, const Study& study, std::span<const NoticedMutation> all) {
  std::vector<std::vector<std::string>> rows = {{"wrong setting", "claims that fail", "the first of them"}};
  for (const NoticedMutation& one : all) {
    const auto first =
        std::find_if(one.claims.begin(), one.claims.end(), [](const Claim& claim) { return !claim.pass; });
    rows.push_back({one.name.empty() ? "none" : one.name,
                    fmt::format("{} of {}", one.failed, one.claims.size()),
                    first == one.claims.end() ? "" : first->case_name + ": " + first->sentence});
  }
  out << study.name << "  " << study.title << '\n';
  print_table(out, rows, 2);
  out << '\n' << std::flush;
}

}  // namespace shatterproof::cli
