// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/catalog.h"

#include <fmt/format.h>

#include "core/text_file.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::string full_name(const StudyRecord& record) {
  return fmt::format("{}/{}", record.paper, record.name);
}

bool looks_like_path(const std::string& word) {
  return word.ends_with(".toml");
}

}  // namespace

std::vector<Study> load_studies(const std::string& word, bool quick) {
  if (looks_like_path(word)) return {parse_study(text_of_file(word, kLongestToml), word, quick)};
  std::vector<Study> found;
  std::vector<std::string> known;
  size_t of_that_name = 0;
  for (const StudyRecord& record : studies()) {
    known.push_back(full_name(record));
    if (word == record.name) ++of_that_name;
    if (word == record.paper || word == record.name || word == full_name(record)) {
      found.push_back(parse_study(record.toml, full_name(record), quick));
    }
  }
  if (found.empty()) reject_unknown("studies", "study", word, known);
  if (of_that_name > 1) {
    std::string commands;
    for (const Study& study : found) {
      commands += fmt::format("{}`shatterproof reproduce {}` ({})", commands.empty() ? "" : " or ",
                              study.name, study.title);
    }
    reject("studies", "say which: " + commands, "'" + word + "'");
  }
  return found;
}

}  // namespace shatterproof
