// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/explain/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "core/similar_names.h"
#include "explain/entries.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::vector<ExplainedKind> kinds() {
  std::vector<ExplainedKind> all;
  for (const auto& some : {kinds_of_judgement(), kinds_of_making(), kinds_of_words()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

[[noreturn]] void reject_name(std::string_view name) {
  const std::vector<std::string> near = nearest_names(name, explained_names());
  throw std::invalid_argument(fmt::format("explain: no catalog, option or word is called '{}'; {}",
                                          printable(name),
                                          near.empty() ? "`shatterproof list` prints the catalogs"
                                                       : fmt::format("near: {}", fmt::join(near, ", "))));
}

}  // namespace

Passage passage(const char* title, std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  return {title, std::move(lines)};
}

std::vector<Passage> with_text(std::vector<Passage> passages) {
  std::erase_if(passages, [](const Passage& one) { return one.lines.empty(); });
  return passages;
}

std::vector<Explanation> explain(std::string_view name) {
  std::vector<Explanation> found;
  const auto look_for = [&](const std::string& word) {
    for (const ExplainedKind& kind : kinds()) {
      const std::vector<std::string> names = kind.names();
      if (std::find(names.begin(), names.end(), word) == names.end()) continue;
      Explanation one = kind.explained(word);
      one.kind = kind.kind;
      one.name = word;
      one.passages = with_text(std::move(one.passages));
      found.push_back(std::move(one));
    }
  };
  look_for(std::string(name));
  const size_t colon = name.find(':');
  if (found.empty() && colon != std::string_view::npos) look_for(std::string(name.substr(0, colon)));
  if (found.empty() && !name.starts_with("-")) look_for("--" + std::string(name));
  if (found.empty()) reject_name(name);
  return found;
}

std::vector<std::string> explained_names() {
  std::vector<std::string> all;
  for (const ExplainedKind& kind : kinds()) {
    for (std::string& name : kind.names()) all.push_back(std::move(name));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace shatterproof
