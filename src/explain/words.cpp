// SPDX-License-Identifier: Apache-2.0
// Options, and words that are neither a record nor an option.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "explain/entries.h"
#include "explain/page.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/train/optimizer.h"
#include "shatterproof/train/schedule.h"

namespace shatterproof {
namespace {

// An option and whose it is.
struct Owned {
  std::string kind, owner;
  const OptionRecord* option;
};

template <typename Records>
void append(std::vector<Owned>& all, const char* kind, const Records& records) {
  for (const auto& record : records) {
    for (const OptionRecord& option : record.options) all.push_back({kind, record.name, &option});
  }
}

std::vector<Owned> options() {
  std::vector<Owned> all;
  append(all, "family", families());
  append(all, "initializer", initializers());
  append(all, "measurement", measurements());
  append(all, "optimizer", optimizers());
  append(all, "schedule", schedules());
  return all;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const Owned& one : options()) {
    if (std::find(names.begin(), names.end(), one.option->name) == names.end())
      names.push_back(one.option->name);
  }
  return names;
}

Explanation explained_option(const std::string& name) {
  std::vector<std::string> lines;
  for (const Owned& one : options()) {
    if (one.option->name == name)
      lines.push_back(fmt::format("{} {}:{}={}: {}", one.kind, one.owner, name, one.option->otherwise,
                                  one.option->meaning));
  }
  Explanation explanation;
  explanation.sentence = fmt::format("Written behind a name, NAME:{}=VALUE.", name);
  explanation.passages = {passage("Of", std::move(lines))};
  return explanation;
}

std::vector<std::string> argument_names() {
  std::vector<std::string> names = words_in_code("command_line");
  std::erase_if(names, [](const std::string& word) { return !word.starts_with("--"); });
  return names;
}

Explanation explained_argument(const std::string& name) {
  Explanation explanation;
  explanation.passages = passages_naming("command_line", name);
  explanation.sentence = "An option of the commands below.";
  return explanation;
}

std::set<std::string> set_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

// Names of everything else.
std::set<std::string> known_otherwise() {
  std::set<std::string> known;
  for (const auto& kinds : {kinds_of_judgement(), kinds_of_making()}) {
    for (const ExplainedKind& kind : kinds) known.merge(set_of(kind.names()));
  }
  known.merge(set_of(option_names()));
  return known;
}

constexpr const char* kPagesOfWords[] = {"concepts", "diagnosis", "families", "training", "command_line"};

std::vector<std::string> word_names() {
  std::set<std::string> known = known_otherwise();
  std::vector<std::string> names;
  for (const char* page : kPagesOfWords) {
    for (const std::string& word : words_in_code(page)) {
      const bool is_word = std::islower(static_cast<unsigned char>(word.front())) != 0;
      if (is_word && known.insert(word).second) names.push_back(word);
    }
  }
  return names;
}

Explanation explained_word(const std::string& name) {
  Explanation explanation;
  for (const char* page : kPagesOfWords) {
    for (Passage& one : passages_naming(page, name)) explanation.passages.push_back(std::move(one));
  }
  explanation.sentence = "A word of the command line and of the documents.";
  return explanation;
}

constexpr ExplainedKind kKindsOfWords[] = {{"option", option_names, explained_option},
                                           {"option of the command line", argument_names, explained_argument},
                                           {"word", word_names, explained_word}};

}  // namespace

std::span<const ExplainedKind> kinds_of_words() {
  return kKindsOfWords;
}

}  // namespace shatterproof
