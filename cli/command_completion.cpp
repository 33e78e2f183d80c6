// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/synopsis.h"

namespace shatterproof::cli {
namespace {

std::vector<std::string> options_of(const Synopsis& verb) {
  std::vector<std::string> words;
  for (const SynopsisWord& option : verb.options) words.push_back(option.name);
  return words;
}

// In single quotes of any shell; zsh reads a colon as the end of a word.
std::string quoted(const std::string& text, bool of_zsh = false) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\'') {
      safe += of_zsh ? "'\\''" : "\\'";
    } else {
      if (of_zsh && (c == ':' || c == '\\')) safe += '\\';
      safe += c;
    }
  }
  return safe + "'";
}

std::string zsh_word(const std::string& word, const std::string& sentence) {
  std::string text = quoted(word, true);
  text.pop_back();
  return text + ":" + quoted(sentence, true).substr(1);
}

// Verbs first, then the options of a verb, or names of what it takes, and files.
std::string bash_script() {
  std::vector<std::string> verbs;
  std::string cases;
  for (const Synopsis& verb : synopses()) {
    verbs.push_back(verb.verb);
    cases += fmt::format("    {}) options=\"{}\" first=\"{}\" later=\"{}\" ;;\n", verb.verb,
                         fmt::join(options_of(verb), " "), fmt::join(verb.first_names, " "),
                         fmt::join(verb.later_names, " "));
  }
  return fmt::format(
      "_shatterproof() {{\n"
      "  local options first later words cur=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "{}"
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"{} --help --version\"\n"
      "  elif [ \"${{cur#-}}\" != \"$cur\" ]; then words=$options\n"
      "  elif [ \"$COMP_CWORD\" -eq 2 ]; then words=$first\n"
      "  else words=$later\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "}}\n"
      "complete -o default -F _shatterproof shatterproof\n",
      cases, fmt::join(verbs, " "));
}

std::string zsh_script() {
  std::string verbs, cases;
  for (const Synopsis& verb : synopses()) {
    verbs += "    " + zsh_word(verb.verb, verb.sentence) + "\n";
    std::string options;
    for (const SynopsisWord& option : verb.options)
      options += "        " + zsh_word(option.name, option.sentence) + "\n";
    cases +=
        fmt::format("    {})\n      options=(\n{}      )\n      first=({})\n      later=({})\n      ;;\n",
                    verb.verb, options, fmt::join(verb.first_names, " "), fmt::join(verb.later_names, " "));
  }
  return fmt::format(
      "#compdef shatterproof\n"
      "_shatterproof() {{\n"
      "  local -a verbs options first later\n"
      "  verbs=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command verbs\n"
      "    return\n"
      "  fi\n"
      "  case $words[2] in\n"
      "{}"
      "  esac\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    _describe option options\n"
      "  elif (( CURRENT == 3 )); then\n"
      "    compadd -- $first\n"
      "    _files\n"
      "  else\n"
      "    compadd -- $later\n"
      "    _files\n"
      "  fi\n"
      "}}\n"
      "if [[ $funcstack[1] == _shatterproof ]]; then _shatterproof \"$@\"\n"
      "else compdef _shatterproof shatterproof\n"
      "fi\n",
      verbs, cases);
}

std::string fish_script() {
  std::string script;
  for (const Synopsis& verb : synopses()) {
    script += fmt::format("complete -c shatterproof -n __fish_use_subcommand -f -a {} -d {}\n", verb.verb,
                          quoted(verb.sentence));
    const std::string seen =
        fmt::format("complete -c shatterproof -n '__fish_seen_subcommand_from {}'", verb.verb);
    for (const SynopsisWord& option : verb.options) {
      script += fmt::format("{} -l {}{}{} -d {}\n", seen, option.name.substr(2),
                            option.letter.empty() ? "" : " -s " + option.letter.substr(1),
                            option.value.empty() ? "" : " -r", quoted(option.sentence));
    }
    for (const auto* names : {&verb.first_names, &verb.later_names}) {
      if (!names->empty()) script += fmt::format("{} -a '{}'\n", seen, fmt::join(*names, " "));
    }
  }
  return script;
}

}  // namespace

Command add_completion(CLI::App& program) {
  CLI::App* app = program.add_subcommand("completion", "Print what makes a shell complete these commands");
  auto shell = std::make_shared<std::string>();
  app->add_option("shell", *shell, "bash, zsh or fish (bash)")->type_name("SHELL");
  return {app, [shell](const Console& console) {
            const std::string word = one_of("completion", *shell, "bash", {"bash", "zsh", "fish"});
            console.out << (word == "bash" ? bash_script() : word == "zsh" ? zsh_script() : fish_script());
            return kHealthy;
          }};
}

}  // namespace shatterproof::cli
