// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"

namespace shatterproof::cli {
namespace {

// Long names, but for old words, which are in no group of the help.
std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> words;
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_lnames().empty() && !option->get_group().empty())
      words.push_back("--" + option->get_lnames().front());
  }
  return words;
}

// Of bash: verbs first, then the options of a verb, and files.
std::string script() {
  CLI::App program;
  bool quiet = false;
  std::vector<std::string> verbs;
  std::string cases;
  for (const Command& command : add_commands(program, quiet)) {
    verbs.push_back(command.app->get_name());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", verbs.back(), fmt::join(options_of(*command.app), " "));
  }
  return fmt::format(
      "_shatterproof() {{\n"
      "  local words\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "{}"
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"{} --help --version\"; fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "}}\n"
      "complete -o default -F _shatterproof shatterproof\n",
      cases, fmt::join(verbs, " "));
}

}  // namespace

Command add_completion(CLI::App& program) {
  CLI::App* app = program.add_subcommand("completion", "Print what makes a shell complete these commands");
  auto shell = std::make_shared<std::string>();
  app->add_option("shell", *shell, "bash (bash)")->type_name("SHELL");
  return {app, [shell](const Console& console) {
            one_of("completion", *shell, "bash", {"bash"});
            console.out << script();
            return kHealthy;
          }};
}

}  // namespace shatterproof::cli
