// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "core/nesting.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/study/mutation.h"
#include "study/case_table.h"

namespace shatterproof {
namespace {

using Relation = StudyClaim::Relation;

// A file of a few kilobytes can ask for any number of them.
constexpr int64_t kMostCases = 10'000, kMostTrials = 1'000'000;
constexpr size_t kMostClaims = 100'000;

// One of the values that a list runs through: depths of a case, or else positions of a claim.
struct Sweep {
  size_t index = 0, count = 1;
};

// What a list gives for one value of the sweep, which may be nan; a list of one is for all.
std::optional<double> swept(TomlTable& table, std::string_view key, const Sweep& sweep) {
  const std::vector<double> numbers = table.numbers(key);
  if (numbers.empty()) return {};
  if (numbers.size() != 1 && numbers.size() != sweep.count) {
    reject(table.where(),
           fmt::format("{} must have 1 number or {}, one for each depth or position", key, sweep.count),
           std::to_string(numbers.size()));
  }
  return numbers.size() == 1 ? numbers.front() : numbers[sweep.index];
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

// Empty where it is nan: the claim then says nothing of this value of the sweep.
std::optional<double> expected_of(TomlTable& table, const Sweep& sweep) {
  const std::optional<double> number = swept(table, "expected", sweep);
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

// Empty when the claim says nothing of this value of the sweep.
std::optional<StudyClaim> claim_of(TomlTable& table, const StudyCase& study_case, const Sweep& sweep) {
  StudyClaim claim;
  claim.reading = table.word(
      "reading", study_case.measurements.empty() ? "" : Spec::parse(study_case.measurements.front()).name());
  claim.tap = table.word("tap", "");
  claim.at = finite(table, "at", swept(table, "at", sweep));
  claim.quantity = quantity_of(table);
  claim.relation = relation_of(table);
  claim.expected = expected_of(table, sweep);
  claim.prediction = table.word("prediction", "");
  claim.than = table.word("than", "");
  claim.diluted = table.word("diluted", "");
  claim.tolerance = not_negative(table, "tolerance", swept(table, "tolerance", sweep));
  claim.relative_tolerance = not_negative(table, "relative_tolerance", table.number("relative_tolerance"));
  claim.factor = finite(table, "factor", table.number("factor"));
  claim.least_relative_tolerance =
      not_negative(table, "least_relative_tolerance", table.number("least_relative_tolerance")).value_or(0);
  claim.standard_errors = standard_errors_of(table, claim.relation);
  claim.expected_standard_error =
      not_negative(table, "standard_error", swept(table, "standard_error", sweep));
  claim.expected_seeds = not_negative(table, "seeds", table.number("seeds")).value_or(0);
  claim.digit = not_negative(table, "digit", swept(table, "digit", sweep)).value_or(0);
  claim.provenance = provenance_of(table);
  table.reject_unread();
  if (claim.factor && !(*claim.factor > 1))
    reject(table.where(), "factor must be above 1", fmt::format("{}", *claim.factor));
  require_one_expectation(claim, table);
  require_provenance(claim, table);
  require_block_growth(claim, table);
  if (table.has("expected") && !claim.expected) return {};
  return claim;
}

std::string with_depth(const std::string& family, double depth) {
  return fmt::format("{}{}depth={}", family, family.find(':') == std::string::npos ? ":" : ",", depth);
}

void set_depth(StudySource& source, double depth) {
  std::visit(
      [&](auto& one) {
        if constexpr (requires { one.family; }) one.family = with_depth(one.family, depth);
      },
      source);
}

// What --quick leaves of the cases, beside the settings that it changes.
struct QuickCuts {
  std::vector<double> kept_depths;  // empty: all
  int64_t most_seeds = std::numeric_limits<int64_t>::max();
};

// What [settings] says with what [quick] changes of it; keys that are cuts and no settings are taken out.
toml::table settings_of(TomlTable& root, bool quick, QuickCuts* cuts) {
  const toml::table* given = root.table("settings");
  const toml::table* changed = root.table("quick");
  toml::table settings;
  if (given != nullptr) settings = *given;
  if (!quick || changed == nullptr) return settings;
  TomlTable quick_table(*changed, root.where() + ", [quick]");
  cuts->kept_depths = quick_table.numbers("keep_depth");
  cuts->most_seeds = quick_table.count("most_seeds", cuts->most_seeds);
  for (const auto& [key, value] : *changed) {
    if (key.str() != "keep_depth" && key.str() != "most_seeds") settings.insert_or_assign(key, value);
  }
  return settings;
}

// One [[case]]: as many cases as it has depths.
class CaseReader {
 public:
  CaseReader(const toml::table& table, std::string where, const toml::table& settings)
      : table_(table), where_(std::move(where)), settings_(settings) {
    TomlTable reader(table_, where_, &settings_);
    depths_ = reader.numbers("depth");
    full_only_ = reader.flag("full_only", false);
  }

  bool full_only() const { return full_only_; }
  std::string name() const { return TomlTable(table_, where_).word("name", ""); }
  size_t depths() const { return depths_.size(); }

  std::vector<StudyCase> cases(const QuickCuts& cuts) const {
    const std::vector<double>& kept_depths = cuts.kept_depths;
    std::vector<StudyCase> cases;
    for (size_t i = 0; i < std::max<size_t>(1, depths_.size()); ++i) {
      const bool kept = depths_.size() < 2 || kept_depths.empty() ||
                        std::find(kept_depths.begin(), kept_depths.end(), depths_[i]) != kept_depths.end();
      if (kept) cases.push_back(at_depth(i));
    }
    for (StudyCase& one : cases) one.seeds = std::min(one.seeds, cuts.most_seeds);
    if (cases.empty())
      reject(where_, "keep_depth must keep a depth of every case, or full_only leave it out", "none");
    return cases;
  }

 private:
  std::string depth_in_name(size_t index) const {
    return depths_.empty() ? "" : fmt::format(", depth {}", depths_[index]);
  }

  StudyCase at_depth(size_t index) const {
    TomlTable reader(table_, where_, &settings_);
    StudyCase result;
    result.name = reader.word("name", "") + depth_in_name(index);
    reader.numbers("depth");
    reader.flag("full_only", false);
    read_settings(reader, result);
    if (!depths_.empty()) {
      set_depth(result.source, depths_[index]);
      result.at["depth"] = depths_[index];
    }
    const std::vector<const toml::table*> claims = reader.tables("claim");
    reader.reject_unread();
    if (result.name.empty()) reject(where_, "name must be given", "none");
    for (size_t i = 0; i < claims.size(); ++i) {
      append_claims(*claims[i], fmt::format("{}, claim {}", where_, i + 1), index, result);
    }
    return result;
  }

  void append_claims(const toml::table& claim, const std::string& where, size_t index,
                     StudyCase& study_case) const {
    const size_t positions = TomlTable(claim, where).numbers("at").size();
    if (positions > kMostClaims)
      reject(where, fmt::format("at may have at most {} places", kMostClaims), std::to_string(positions));
    const bool over_positions = depths_.empty() && positions > 1;
    for (size_t i = 0; i < (over_positions ? positions : 1); ++i) {
      TomlTable reader(claim, where);
      const Sweep sweep =
          over_positions ? Sweep{i, positions} : Sweep{index, std::max<size_t>(1, depths_.size())};
      std::optional<StudyClaim> read = claim_of(reader, study_case, sweep);
      if (!read) continue;
      for (std::string* other : {&read->than, &read->diluted}) {
        if (!other->empty()) *other += depth_in_name(index);
      }
      study_case.claims.push_back(*std::move(read));
    }
  }

  const toml::table& table_;
  std::string where_;
  const toml::table& settings_;
  std::vector<double> depths_;
  bool full_only_ = false;
};

void reject_doubtful(const Study& study, const std::string& where) {
  std::vector<std::string> names;
  for (const StudyCase& one : study.cases) {
    if (std::find(names.begin(), names.end(), one.name) != names.end()) {
      reject(where, "every case has a name of its own", "'" + printable(one.name) + "' twice");
    }
    names.push_back(one.name);
  }
  for (const StudyCase& one : study.cases) {
    for (const StudyClaim& claim : one.claims) {
      for (const std::string& other : {claim.than, claim.diluted}) {
        if (other.empty() || std::find(names.begin(), names.end(), other) != names.end()) continue;
        reject_unknown(where, "case", other, names);
      }
    }
  }
}

// Settings are read when the mutation is made; every one is, to see that it can be.
StudyMutation mutation_of(const toml::table& given, const std::string& where) {
  TomlTable reader(given, where);
  StudyMutation mutation;
  mutation.name = reader.word("name", "");
  mutation.cases = reader.words("case");
  mutation.options = reader.word("options", "");
  mutation.like = reader.word("like", "");
  if (mutation.name.empty()) reject(where, "name must be given", "none");
  toml::table settings = given;
  for (const char* key : {"name", "case", "options", "like"}) settings.erase(key);
  std::ostringstream text;
  text << settings;
  mutation.settings = text.str();
  return mutation;
}

// Those of cases that --quick leaves out are left out.
void append_mutations(const std::vector<const toml::table*>& tables, const std::string& where,
                      const std::vector<std::string>& left_out, Study& study) {
  for (size_t i = 0; i < tables.size(); ++i) {
    StudyMutation mutation = mutation_of(*tables[i], fmt::format("{}, mutation {}", where, i + 1));
    const auto is_left_out = [&](const std::string& name) {
      return std::find(left_out.begin(), left_out.end(), name) != left_out.end();
    };
    const size_t named = mutation.cases.size();
    std::erase_if(mutation.cases, is_left_out);
    if ((named > 0 && mutation.cases.empty()) || is_left_out(mutation.like)) continue;
    for (const std::string& name : mutation.cases) {
      if (std::none_of(study.cases.begin(), study.cases.end(), [&](const StudyCase& one) {
            return one.name == name || one.name.starts_with(name + ", depth ");
          }))
        reject(where, fmt::format("mutation {}: case must name cases", i + 1), "'" + printable(name) + "'");
    }
    mutated(study, mutation);
    study.mutations.push_back(std::move(mutation));
  }
}

Study study_of(const toml::table& file, const std::string& name, bool quick) {
  TomlTable root(file, "study " + printable(name));
  Study study;
  study.name = name;
  study.title = root.word("title", "");
  study.reference = root.word("reference", "");
  study.note = root.word("note", "");
  QuickCuts cuts;
  const toml::table settings = settings_of(root, quick, &cuts);
  const std::vector<const toml::table*> tables = root.tables("case");
  const std::vector<const toml::table*> mutations = root.tables("mutation");
  std::vector<std::string> left_out;
  const auto require_few = [&](std::string_view what, int64_t count, int64_t most) {
    if (count > most)
      reject(root.where(), fmt::format("may have at most {} {}", most, what), std::to_string(count));
  };
  int64_t trials = 0, claims = 0;
  root.reject_unread();
  if (study.title.empty()) reject(root.where(), "title must be given", "none");
  if (tables.empty()) reject(root.where(), "needs at least one [[case]]", "none");
  for (size_t i = 0; i < tables.size(); ++i) {
    const CaseReader reader(*tables[i], fmt::format("{}, case {}", root.where(), i + 1), settings);
    if (quick && reader.full_only()) {
      left_out.push_back(reader.name());
      continue;
    }
    require_few("cases", static_cast<int64_t>(study.cases.size() + reader.depths()), kMostCases);
    for (StudyCase& one : reader.cases(cuts)) {
      require_few("seeds in all", trials += std::min(one.seeds, kMostTrials + 1), kMostTrials);
      require_few("claims", claims += static_cast<int64_t>(one.claims.size()),
                  static_cast<int64_t>(kMostClaims));
      study.cases.push_back(std::move(one));
    }
  }
  reject_doubtful(study, root.where());
  append_mutations(mutations, root.where(), left_out, study);
  return study;
}

}  // namespace

Study parse_study(std::string_view toml, const std::string& name, bool quick) {
  require_shallow_toml(toml, "study " + printable(name));
  try {
    const toml::table file = toml::parse(toml, name);
    return study_of(file, name, quick);
  } catch (const toml::parse_error& error) {
    throw IoError(fmt::format("study {}: line {}: {}", printable(name), error.source().begin.line,
                              printable(error.description())));
  }
}

}  // namespace shatterproof
