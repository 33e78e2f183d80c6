// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/text.h"
#include "shatterproof/explain/explain.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kIndent = 2, kTextIndent = 4;

void print_explanation(std::ostream& out, const Explanation& explanation) {
  out << explanation.name << "   " << explanation.kind << '\n';
  print_wrapped(out, "", explanation.sentence, kIndent);
  for (const Passage& passage : explanation.passages) {
    out << '\n' << std::string(kIndent, ' ') << passage.title << '\n';
    for (const std::string& line : passage.lines) {
      if (line.starts_with(' ')) {
        out << std::string(kIndent, ' ') << line << '\n';
      } else {
        print_wrapped(out, "", line, kTextIndent);
      }
    }
  }
}

int explain_and_print(const std::string& name, const Console& console) {
  if (name.empty()) throw std::invalid_argument("explain: the NAME of what to explain is missing");
  bool first = true;
  for (const Explanation& explanation : explain(name)) {
    if (!first) console.out << '\n';
    first = false;
    print_explanation(console.out, explanation);
  }
  return kHealthy;
}

}  // namespace

Command add_explain(CLI::App& program) {
  CLI::App* app = program.add_subcommand("explain", "Say what a name means, what is healthy and what to do");
  auto name = std::make_shared<std::string>();
  app->add_option("name", *name,
                  "A finding, measurement, theory, remedy, initializer, family, option or word")
      ->type_name("NAME");
  return {app, [name](const Console& console) { return explain_and_print(*name, console); }};
}

}  // namespace shatterproof::cli
