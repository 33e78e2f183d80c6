// SPDX-License-Identifier: Apache-2.0
#include "study/study_claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {
namespace {

using Relation = StudyClaim::Relation;

// A list of a few kilobytes can ask for any number of them.
constexpr size_t kMostPlaces = 100'000;

// A place of the lists of a claim: one of the depths of its case, or else of its own positions.
struct ListPlace {
  size_t index = 0, count = 1;
};

// What a list gives for one place, which may be nan; a list of one is for all.
std::optional<double> listed(TomlTable& table, std::string_view key, const ListPlace& place) {
  const std::vector<double> numbers = table.numbers(key);
  if (numbers.empty()) return {};
  if (numbers.size() != 1 && numbers.size() != place.count) {
    reject(table.where(),
           fmt::format("{} must have 1 number or {}, one for each depth or position", key, place.count),
           std::to_string(numbers.size()));
  }
  return numbers.size() == 1 ? numbers.front() : numbers[place.index];
}

std::optional<double> finite(const TomlTable& table, std::string_view key, std::optional<double> number) {
  if (number && !std::isfinite(*number))
    reject(table.where(), fmt::format("{} must be finite", key), fmt::format("{}", *number));
  return number;
}

std::optional<double> not_negative(const TomlTable& table, std::string_view key,
                                   std::optional<double> number) {
  if (finite(table, key, number).value_or(0) < 0)
    reject(table.where(), fmt::format("{} must not be negative", key), fmt::format("{}", *number));
  return number;
}

// Empty where it is nan: the claim then says nothing of this place.
std::optional<double> expected_of(TomlTable& table, const ListPlace& place) {
  const std::optional<double> number = listed(table, "expected", place);
  return number && std::isnan(*number) ? std::nullopt : finite(table, "expected", number);
}

Relation relation_of(TomlTable& table) {
  const std::string word = table.word("relation", "equals");
  if (word == "equals") return Relation::equals;
  if (word == "at_least") return Relation::at_least;
  if (word == "at_most") return Relation::at_most;
  reject_unknown(table.where(), "relation", word, {"equals", "at_least", "at_most"});
}

StudyClaim::Quantity quantity_of(TomlTable& table) {
  const std::string word = table.word("quantity", "value");
  if (word == "value") return StudyClaim::Quantity::value;
  if (word == "changes") return StudyClaim::Quantity::changes;
  if (word == "excess_times_width") return StudyClaim::Quantity::excess_times_width;
  if (word == "block_growth") return StudyClaim::Quantity::block_growth;
  reject_unknown(table.where(), "quantity", word, {"value", "changes", "excess_times_width", "block_growth"});
}

std::string provenance_of(TomlTable& table) {
  const std::string word = table.word("provenance", "");
  const std::vector<std::string> known = {"P", "W", "A", "D", "M", "C", "R"};
  if (std::find(known.begin(), known.end(), word) != known.end()) return word;
  reject_unknown(table.where(), "provenance", word, known);
}

// A number is printed or measured elsewhere; a bound of ours, or an output of ours beside another, is
// neither.
void require_provenance(const StudyClaim& claim, const TomlTable& table) {
  if (claim.provenance == "P" && (!claim.expected || claim.relation != Relation::equals))
    reject(table.where(), "P is a number that is printed; what a paper says in words is W", "another claim");
  if (claim.provenance == "M" && !claim.than.empty())
    reject(table.where(), "M is a number of another program; two of our own numbers are C", "than");
}

double standard_errors_of(TomlTable& table, Relation relation) {
  constexpr std::string_view kKey = "standard_errors";
  constexpr double kUsual = 4;
  const std::optional<double> number = table.number(kKey);
  if (relation == Relation::equals) return not_negative(table, kKey, number).value_or(kUsual);
  return finite(table, kKey, number).value_or(0);
}

void require_one_expectation(const StudyClaim& claim, const TomlTable& table) {
  const bool excess = claim.quantity == StudyClaim::Quantity::excess_times_width;
  const int given = table.has("expected") + !claim.than.empty() + !claim.diluted.empty() +
                    (!excess && !claim.prediction.empty() ? 1 : 0);
  if (given != 1)
    reject(table.where(), "give one of expected, prediction, than and diluted", std::to_string(given));
  if (excess && claim.prediction.empty()) {
    reject(table.where(), "an excess is over a prediction, which must be named", "none");
  }
}

// Two values of one curve go up and down together, so their ratio has no standard error.
void require_block_growth(const StudyClaim& claim, const TomlTable& table) {
  const bool is_growth = claim.quantity == StudyClaim::Quantity::block_growth;
  if (!claim.diluted.empty() && !is_growth)
    reject(table.where(), "diluted is a block_growth", "another quantity");
  if (is_growth && !claim.at)
    reject(table.where(), "block_growth needs at, the place where the block begins", "none");
  if (is_growth && !claim.tolerance && !claim.relative_tolerance && !claim.factor)
    reject(table.where(), "block_growth has no standard error: give a tolerance", "none");
}

// Empty when the claim says nothing of this place.
std::optional<StudyClaim> claim_of(TomlTable& table, const StudyCase& study_case, const ListPlace& place) {
  StudyClaim claim;
  claim.reading = table.word(
      "reading", study_case.measurements.empty() ? "" : Spec::parse(study_case.measurements.front()).name());
  claim.tap = table.word("tap", "");
  claim.at = finite(table, "at", listed(table, "at", place));
  claim.quantity = quantity_of(table);
  claim.relation = relation_of(table);
  claim.expected = expected_of(table, place);
  claim.prediction = table.word("prediction", "");
  claim.than = table.word("than", "");
  claim.diluted = table.word("diluted", "");
  claim.tolerance = not_negative(table, "tolerance", listed(table, "tolerance", place));
  claim.relative_tolerance = not_negative(table, "relative_tolerance", table.number("relative_tolerance"));
  claim.factor = finite(table, "factor", table.number("factor"));
  claim.least_relative_tolerance =
      not_negative(table, "least_relative_tolerance", table.number("least_relative_tolerance")).value_or(0);
  claim.standard_errors = standard_errors_of(table, claim.relation);
  claim.expected_standard_error =
      not_negative(table, "standard_error", listed(table, "standard_error", place));
  claim.expected_seeds = not_negative(table, "seeds", table.number("seeds")).value_or(0);
  claim.digit = not_negative(table, "digit", listed(table, "digit", place)).value_or(0);
  claim.provenance = provenance_of(table);
  table.reject_unread();
  if (claim.factor && !(*claim.factor > 1))
    reject(table.where(), "factor must be above 1", fmt::format("{}", *claim.factor));
  require_one_expectation(claim, table);
  require_block_growth(claim, table);
  if (table.has("expected") && !claim.expected) return {};
  require_provenance(claim, table);
  return claim;
}

}  // namespace

void append_claims(const toml::table& table, const std::string& where, const CaseDepth& depth,
                   StudyCase& study_case) {
  const size_t positions = TomlTable(table, where).numbers("at").size();
  if (positions > kMostPlaces)
    reject(where, fmt::format("at may have at most {} places", kMostPlaces), std::to_string(positions));
  const bool over_positions = depth.count == 0 && positions > 1;
  for (size_t i = 0; i < (over_positions ? positions : 1); ++i) {
    TomlTable reader(table, where);
    const ListPlace place =
        over_positions ? ListPlace{i, positions} : ListPlace{depth.index, std::max<size_t>(1, depth.count)};
    std::optional<StudyClaim> read = claim_of(reader, study_case, place);
    if (!read) continue;
    for (std::string* other : {&read->than, &read->diluted}) {
      if (!other->empty()) *other += depth.in_name;
    }
    study_case.claims.push_back(*std::move(read));
  }
}

}  // namespace shatterproof
