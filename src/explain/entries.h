// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "shatterproof/explain/explain.h"

namespace shatterproof {

/// Names of one kind and what is said of them.
struct ExplainedKind {
  const char* kind;
  std::vector<std::string> (*names)();
  Explanation (*explained)(const std::string& name);  ///< precondition: one of `names`; kind is filled in
};

/// Measurements, their companions, rules and their thresholds, theories, remedies.
std::span<const ExplainedKind> kinds_of_judgement();
/// Families, initializers and their other names, optimizers, schedules, data sets, studies, operators.
std::span<const ExplainedKind> kinds_of_making();
/// Options of all of these and of the command line, and words that the documents set as code.
std::span<const ExplainedKind> kinds_of_words();

/// Of records that have a `name`.
template <typename Records>
std::vector<std::string> names_of(const Records& records) {
  std::vector<std::string> names;
  for (const auto& record : records) names.emplace_back(record.name);
  return names;
}
/// The record of that name, which is there, in a list that lasts.
template <typename Records>
const auto& record_of(const Records& records, const std::string& name) {
  return *std::find_if(records.begin(), records.end(), [&](const auto& one) { return one.name == name; });
}

/// A passage of paragraphs, those that are empty left out.
Passage passage(const char* title, std::vector<std::string> lines);
/// Keeps those that say something.
std::vector<Passage> with_text(std::vector<Passage> passages);

}  // namespace shatterproof
