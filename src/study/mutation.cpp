// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/mutation.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "study/case_table.h"

namespace shatterproof {
namespace {

std::string place_of(const Study& study, const StudyMutation& mutation) {
  return fmt::format("study {}, mutation '{}'", printable(study.name), printable(mutation.name));
}

bool names(const StudyMutation& mutation, const StudyCase& study_case) {
  return mutation.cases.empty() || std::ranges::any_of(mutation.cases, [&](const std::string& name) {
           return is_named(study_case, name);
         });
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    entries.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return entries;
}

std::string key_of(const std::string& entry) {
  return entry.substr(0, entry.find('='));
}

// The family with these options in place of its own.
std::string with_options(const std::string& family, const std::string& options) {
  const size_t colon = family.find(':');
  std::vector<std::string> entries =
      split_at_commas(colon == std::string::npos ? "" : std::string_view(family).substr(colon + 1));
  for (const std::string& option : split_at_commas(options)) {
    const auto own = std::ranges::find(entries, key_of(option), key_of);
    if (own == entries.end()) {
      entries.push_back(option);
    } else {
      *own = option;
    }
  }
  std::string text = family.substr(0, colon);
  for (size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? ":" : ",") + entries[i];
  return text;
}

// The case of that name at the same place, or its only one.
const StudyCase& case_like(const Study& study, const StudyMutation& mutation, const StudyCase& study_case) {
  const StudyCase* found = nullptr;
  for (const StudyCase& other : study.cases) {
    const bool is_only = other.at.empty() && other.choices.empty();
    const bool is_there = other.at == study_case.at && other.choices == study_case.choices;
    if (is_named(other, mutation.like) && (is_there || is_only)) found = &other;
  }
  if (found == nullptr) reject(place_of(study, mutation), "like must name a case", "'" + mutation.like + "'");
  return *found;
}

StudyCase changed(const Study& study, const StudyMutation& mutation, const StudyCase& study_case) {
  StudyCase wrong = mutation.like.empty() ? study_case : case_like(study, mutation, study_case);
  toml::table table = toml::parse(to_toml(wrong));
  const toml::table settings = toml::parse(mutation.settings);
  for (const char* source : {"network", "gates", "noise"}) {
    if (!settings.contains(source)) continue;
    for (const char* other : {"network", "gates", "noise"}) table.erase(other);
  }
  for (const auto& [key, value] : settings) table.insert_or_assign(key, value);
  for (const char* source : {"network", "gates"}) {
    const auto family = table[source].value<std::string>();
    if (!family) continue;
    const auto depth = study_case.at.find("depth");
    const bool at_depth = settings.contains(source) && depth != study_case.at.end();
    const std::string deep =
        at_depth ? with_options(*family, fmt::format("depth={}", depth->second)) : *family;
    table.insert_or_assign(source, with_options(deep, mutation.options));
  }
  TomlTable reader(table, place_of(study, mutation));
  read_settings(reader, wrong);
  reader.reject_unread();
  wrong.name = study_case.name;
  wrong.at = study_case.at;
  wrong.choices = study_case.choices;
  wrong.cell = study_case.cell;
  wrong.images = study_case.images;
  wrong.claims = study_case.claims;
  return wrong;
}

NoticedMutation noticed(const std::string& name, std::vector<Claim> claims) {
  const auto failed = std::ranges::count_if(claims, [](const Claim& claim) { return !claim.pass; });
  return {name, std::move(claims), failed};
}

// The results with those of the changed cases in their place, which claims still hold against the theory of
// the true ones.
std::vector<CaseResult> results_with(const Study& study, const Study& wrong,
                                     const std::vector<CaseResult>& results,
                                     const ReproduceOptions& options) {
  Study changed_cases{.name = study.name, .axes = study.axes};
  std::vector<size_t> places;
  for (size_t i = 0; i < study.cases.size(); ++i) {
    if (wrong.cases[i].key() == study.cases[i].key() && wrong.cases[i].seeds == study.cases[i].seeds)
      continue;
    changed_cases.cases.push_back(wrong.cases[i]);
    places.push_back(i);
  }
  std::vector<CaseResult> all = results, found = reproduce(changed_cases, options);
  for (size_t i = 0; i < places.size(); ++i) {
    found[i].predictions = results[places[i]].predictions;
    all[places[i]] = std::move(found[i]);
  }
  return all;
}

}  // namespace

Study mutated(const Study& study, const StudyMutation& mutation) {
  Study wrong = study;
  bool differs = false;
  for (size_t i = 0; i < study.cases.size(); ++i) {
    if (!names(mutation, study.cases[i])) continue;
    wrong.cases[i] = changed(study, mutation, study.cases[i]);
    differs = differs || wrong.cases[i].key() != study.cases[i].key();
  }
  if (!differs) reject(place_of(study, mutation), "must change a case", "none that differs");
  return wrong;
}

std::vector<NoticedMutation> notice_mutations(const Study& study, ReproduceOptions options) {
  options.kept.clear();
  const std::vector<CaseResult> results = reproduce(study, options);
  std::vector<NoticedMutation> all = {noticed("", judge(study, results))};
  for (const StudyMutation& mutation : study.mutations) {
    const Study wrong = mutated(study, mutation);
    all.push_back(noticed(mutation.name, judge(study, results_with(study, wrong, results, options))));
  }
  return all;
}

}  // namespace shatterproof
