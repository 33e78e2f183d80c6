// SPDX-License-Identifier: Apache-2.0
#include "mend/candidates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "shatterproof/core/error.h"
#include "shatterproof/remedy/catalog.h"

namespace shatterproof {
namespace {

bool contains(const std::vector<Remedy::Kind>& kinds, Remedy::Kind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// What is said of the place, or of the numbers as they are, is no part of the change.
Remedy as_made(Remedy one) {
  using Kind = Remedy::Kind;
  if (one.kind == Kind::break_symmetry) one.kind = Kind::revive;  // drawn likewise
  if (one.kind == Kind::revive) one.scheme.clear();
  if (one.kind == Kind::standardize_inputs || one.kind == Kind::reset_gains) one.value.reset();
  return one;
}

class Choosing {
 public:
  Choosing(const Checked& before, const MendOptions& options, bool draws)
      : before_(before), options_(options), draws_(draws) {}

  std::vector<Remedy> chosen() {
    for (const Finding& finding : before_.diagnosis.findings) {
      if (finding.severity < Severity::watch) continue;
      for (const Remedy& remedy : finding.remedies) add(remedy);
    }
    std::vector<RemedyRecord> records(remedies().begin(), remedies().end());
    std::stable_sort(records.begin(), records.end(),
                     [](const RemedyRecord& a, const RemedyRecord& b) { return a.reach < b.reach; });
    for (const RemedyRecord& record : records) {
      for (const Remedy& form : record.forms) add(form);
    }
    return std::move(chosen_);
  }

 private:
  bool is_wanted(const Remedy& remedy) const {
    const RemedyRecord& record = remedy_of(remedy.kind);
    if (record.forms.empty() || contains(options_.without, remedy.kind)) return false;
    if (!options_.only.empty() && !contains(options_.only, remedy.kind)) return false;
    return !record.draws || draws_;
  }

  void add(const Remedy& remedy) {
    // Weights as they are drawn already.
    const bool idle = remedy.kind == Remedy::Kind::redraw && remedy.scheme == before_.context.initializer;
    const bool known = std::any_of(chosen_.begin(), chosen_.end(),
                                   [&](const Remedy& one) { return same_change(one, remedy); });
    if (is_wanted(remedy) && !idle && !known) chosen_.push_back(remedy);
  }

  const Checked& before_;
  const MendOptions& options_;
  bool draws_;
  std::vector<Remedy> chosen_;
};

void check_kinds(const MendOptions& options) {
  for (const Remedy::Kind kind : options.only) {
    if (remedy_of(kind).forms.empty())
      reject("mend", "only what a rewriting of the graph can make is tried", std::string(to_string(kind)));
  }
}

}  // namespace

bool same_change(const Remedy& given, const Remedy& other) {
  const Remedy a = as_made(given), b = as_made(other);
  const auto ends = [](const Remedy& one) {
    return one.layers ? std::array{one.layers->first, one.layers->last} : std::array{0, 0};
  };
  return a.kind == b.kind && a.scheme == b.scheme && a.value == b.value && ends(a) == ends(b);
}

bool has_kind(const std::vector<Remedy>& changes, Remedy::Kind kind) {
  return std::any_of(changes.begin(), changes.end(), [&](const Remedy& one) { return one.kind == kind; });
}

int reach_of(const std::vector<Remedy>& changes) {
  int reach = 0;
  for (const Remedy& change : changes)
    reach += remedy_of(change.kind).reach + (as_made(change).scheme.empty() ? 0 : 1);
  return reach;
}

std::vector<Remedy> candidates(const Checked& before, const MendOptions& options, bool draws) {
  check_kinds(options);
  std::vector<Remedy> chosen = Choosing(before, options, draws).chosen();
  if (chosen.empty()) {
    reject(
        "mend",
        "something must be left to be tried; weights that were trained are not drawn anew without being told",
        "nothing");
  }
  return chosen;
}

std::string short_words_of(const std::vector<Remedy>& changes) {
  std::vector<std::string> words;
  for (const Remedy& change : changes) {
    std::vector<std::string> details;
    if (!change.scheme.empty()) details.push_back(change.scheme);
    if (change.value) details.push_back(fmt::format("{:.3g}", *change.value));
    if (change.layers)
      details.push_back(fmt::format("layers {}-{}", change.layers->first, change.layers->last));
    words.push_back(std::string(to_string(change.kind)) +
                    (details.empty() ? "" : fmt::format(":{}", fmt::join(details, ","))));
  }
  return fmt::format("{}", fmt::join(words, " + "));
}

}  // namespace shatterproof
