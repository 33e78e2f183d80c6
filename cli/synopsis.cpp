// SPDX-License-Identifier: Apache-2.0
#include "cli/synopsis.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/command.h"
#include "cli/lab/control.h"
#include "shatterproof/catalog/catalog.h"
#include "shatterproof/explain/explain.h"

namespace shatterproof::cli {
namespace {

std::vector<std::string> names_in(const std::string& catalog) {
  std::vector<std::string> names;
  std::istringstream lines(catalog_lines(catalog));
  for (std::string line; std::getline(lines, line);)
    names.push_back(nlohmann::json::parse(line)["name"].get<std::string>());
  return names;
}

// Of what a verb's words are names; networks are files as well.
void name_words(Synopsis& one) {
  static const std::set<std::string> of_networks = {"build",   "check", "compare", "coordinates", "init",
                                                    "measure", "mend",  "predict", "train"};
  if (of_networks.contains(one.verb)) one.first_names = names_in("families");
  if (one.verb == "lab") one.first_names = find_lab_control("family")->words;
  if (one.verb == "compare") one.later_names = one.first_names;
  if (one.verb == "measure" || one.verb == "predict") one.later_names = names_in("measurements");
  if (one.verb == "reproduce" || one.verb == "figure") one.first_names = names_in("studies");
  if (one.verb == "list") one.first_names = catalog_names();
  if (one.verb == "explain") one.first_names = explained_names();
  if (one.verb == "completion") one.first_names = {"bash", "zsh", "fish"};
  if (one.verb == "data") one.first_names = {"fetch"};
}

SynopsisWord word_of(const CLI::Option& option) {
  SynopsisWord word;
  const bool takes_a_value = option.get_items_expected_max() > 0;
  if (option.get_positional() && option.get_lnames().empty()) {
    word.name = option.get_type_name();
  } else {
    word.name = "--" + option.get_lnames().front();
    if (!option.get_snames().empty()) word.letter = "-" + option.get_snames().front();
    if (takes_a_value) word.value = option.get_type_name();
  }
  word.sentence = option.get_description();
  return word;
}

}  // namespace

std::vector<Synopsis> synopses() {
  CLI::App program;
  bool quiet = false, verbose = false;
  std::vector<Synopsis> all;
  for (const Command& command : add_commands(program, quiet, verbose)) {
    const CLI::App& app = *command.app;
    Synopsis one;
    one.verb = app.get_name();
    one.sentence = app.get_description();
    for (const CLI::Option* option : app.get_options()) {
      const bool positional = option->get_lnames().empty();
      if (option->get_group().empty() || (positional && !option->get_positional())) continue;
      (positional ? one.positional : one.options).push_back(word_of(*option));
    }
    name_words(one);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace shatterproof::cli
