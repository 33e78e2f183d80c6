// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <sstream>

#include "core/nesting.h"
#include "shatterproof/core/error.h"
#include "shatterproof/study/mutation.h"
#include "study/case_table.h"
#include "study/study_claim.h"
#include "study/sweep_table.h"

namespace shatterproof {
namespace {

// A file of a few kilobytes can ask for any number of them.
constexpr int64_t kMostCases = kMostCombinations, kMostTrials = 1'000'000;
constexpr size_t kMostClaims = 100'000, kMostMutatedCases = 10'000;

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
  const toml::table* axes = nullptr;  // of [sweep], in place of its own
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
  cuts->axes = quick_table.table("axes");
  for (const auto& [key, value] : *changed) {
    if (key.str() != "keep_depth" && key.str() != "most_seeds" && key.str() != "axes")
      settings.insert_or_assign(key, value);
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
      append_claims(*claims[i], fmt::format("{}, claim {}", where_, i + 1),
                    {index, depths_.size(), depth_in_name(index)}, result);
    }
    return result;
  }

  const toml::table& table_;
  std::string where_;
  const toml::table& settings_;
  std::vector<double> depths_;
  bool full_only_ = false;
};

void reject_doubtful(const Study& study, const std::string& where) {
  std::set<std::string> names;
  for (const StudyCase& one : study.cases) {
    if (!names.insert(one.name).second)
      reject(where, "every case has a name of its own", "'" + printable(one.name) + "' twice");
  }
  for (const StudyCase& one : study.cases) {
    for (const StudyClaim& claim : one.claims) {
      for (const std::string& other : {claim.than, claim.diluted}) {
        if (other.empty() || names.contains(other)) continue;
        reject_unknown(where, "case", other, {names.begin(), names.end()});
      }
    }
  }
}

// What a file asks for in all, so that a few kilobytes do not ask for more than there is memory.
class Totals {
 public:
  explicit Totals(const std::string& where) : where_(where) {}

  void require_cases(size_t count) const { require_few("cases", static_cast<int64_t>(count), kMostCases); }
  void add(const StudyCase& one) {
    require_few("seeds in all", trials_ += std::min(one.seeds, kMostTrials + 1), kMostTrials);
    require_few("claims", claims_ += static_cast<int64_t>(one.claims.size()),
                static_cast<int64_t>(kMostClaims));
  }

 private:
  void require_few(std::string_view what, int64_t count, int64_t most) const {
    if (count > most)
      reject(where_, fmt::format("may have at most {} {}", most, what), std::to_string(count));
  }

  const std::string& where_;
  int64_t trials_ = 0, claims_ = 0;
};

// Names of those that --quick leaves out go into `left_out`.
void append_cases(const std::vector<const toml::table*>& tables, const toml::table& settings,
                  const std::string& where, bool quick, const QuickCuts& cuts, Totals& totals, Study& study,
                  std::vector<std::string>& left_out) {
  for (size_t i = 0; i < tables.size(); ++i) {
    const CaseReader reader(*tables[i], fmt::format("{}, case {}", where, i + 1), settings);
    if (quick && reader.full_only()) {
      left_out.push_back(reader.name());
      continue;
    }
    totals.require_cases(study.cases.size() + reader.depths());
    for (StudyCase& one : reader.cases(cuts)) {
      totals.add(one);
      study.cases.push_back(std::move(one));
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

// Those of cases that --quick leaves out are left out. Each is tried on every case, so that few words could
// ask for much.
void append_mutations(const std::vector<const toml::table*>& tables, const std::string& where,
                      const std::vector<std::string>& left_out, Study& study) {
  if (!tables.empty() && study.cases.size() > kMostMutatedCases / tables.size())
    reject(where, fmt::format("mutations times cases may be at most {}", kMostMutatedCases),
           fmt::format("{} times {}", tables.size(), study.cases.size()));
  for (size_t i = 0; i < tables.size(); ++i) {
    StudyMutation mutation = mutation_of(*tables[i], fmt::format("{}, mutation {}", where, i + 1));
    const auto is_left_out = [&](const std::string& name) {
      return std::find(left_out.begin(), left_out.end(), name) != left_out.end();
    };
    const size_t named = mutation.cases.size();
    std::erase_if(mutation.cases, is_left_out);
    if ((named > 0 && mutation.cases.empty()) || is_left_out(mutation.like)) continue;
    for (const std::string& name : mutation.cases) {
      if (std::none_of(study.cases.begin(), study.cases.end(),
                       [&](const StudyCase& one) { return is_named(one, name); }))
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
  const toml::table* swept = root.table("sweep");
  root.reject_unread();
  if (study.title.empty()) reject(root.where(), "title must be given", "none");
  if (tables.empty() && swept == nullptr) reject(root.where(), "needs a [[case]] or a [sweep]", "neither");
  if (cuts.axes != nullptr && swept == nullptr)
    reject(root.where() + ", [quick]", "axes are those of a [sweep]", "none");
  Totals totals(root.where());
  std::vector<std::string> left_out;
  append_cases(tables, settings, root.where(), quick, cuts, totals, study, left_out);
  if (swept != nullptr) {
    SweepTable sweep(*swept, root.where() + ", [sweep]", settings, cuts.axes);
    study.axes = sweep.axes();
    totals.require_cases(study.cases.size() + static_cast<size_t>(sweep.combinations()));
    sweep.each_case([&](StudyCase one) {
      one.seeds = std::min(one.seeds, cuts.most_seeds);
      totals.add(one);
      study.cases.push_back(std::move(one));
    });
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
