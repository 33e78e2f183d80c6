// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>
#include <vector>

#include "cli/command.h"
#include "cli/printable_stream.h"
#include "cli/stage_clock.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/version.h"

namespace shatterproof::cli {

void Console::say(std::string_view line) const {
  if (!quiet) err << line << '\n';
}

void Console::progress(std::string_view line) const {
  if (line.empty() && clock) clock->enter("writing");  // the work is done
  if (quiet || terminal == nullptr) return;
  *terminal << "\r\x1b[K" << printable(line) << std::flush;
}

void Console::stage(std::string_view name, int64_t done, int64_t all) const {
  clock->enter(name);
  progress(std::string(name) + clock->share(done, all));
}

std::vector<Command> add_commands(CLI::App& program, bool& quiet, bool& verbose) {
  constexpr const char* kQuiet = "No progress and no remarks on standard error";
  constexpr const char* kVerbose = "Say on standard error where the time went";
  program.add_flag("--quiet", quiet, kQuiet);
  program.add_flag("-v,--verbose", verbose, kVerbose);
  program.allow_extras();
  std::vector<Command> commands;
  for (const auto add : kCommands) {
    commands.push_back(add(program));
    commands.back().app->allow_extras();
    commands.back().app->add_flag("--quiet", quiet, kQuiet);
    commands.back().app->add_flag("-v,--verbose", verbose, kVerbose);
  }
  return commands;
}

namespace {

// One line of a foreign message: LibTorch appends stack traces, CLI11 advice.
std::string one_line(std::string_view text) {
  constexpr size_t kLongest = 4000;  // a list of all that is known has half as much
  while (!text.empty() && text.front() == '\n') text.remove_prefix(1);
  // Escapes are longer than what they stand for: cut before and after.
  return printable(printable(text.substr(0, text.find('\n')), kLongest), kLongest);
}

int refuse(const Console& console, std::string_view message) {
  console.progress("");
  constexpr std::string_view kName = "shatterproof: ";
  const std::string line = one_line(message);
  console.err << (line.starts_with(kName) ? "" : kName) << line << '\n';
  return kBadInput;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& verbs) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) names.push_back("--" + option->get_lnames().front());
  }
  return names;
}

// Words that CLI11 could not place, refused with what is known instead.
void reject_leftovers(const CLI::App& app, const std::string& operation) {
  for (const std::string& word : app.remaining()) {
    if (word.size() > 1 && word[0] == '-') reject_unknown(operation, "option", word, options_of(app));
    reject(operation, "one argument too many", "'" + word + "'");
  }
}

// A variable that a script forgot to set is no word: what it was meant for would silently be left out.
void reject_empty_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_lnames().empty()) continue;
    for (const std::string& value : option->results()) {
      if (value.empty()) reject("--" + option->get_lnames().front(), "must have a value", "an empty one");
    }
  }
}

int parse_and_run(std::span<const std::string> words, Console& console) {
  CLI::App program("Shows before training whether a deep network's gradients shatter, explode or vanish.",
                   "shatterproof");
  program.set_version_flag("--version", "shatterproof " + std::string(version()),
                           "Print the version and stop");
  program.footer(
      "NETWORK is an ONNX file or a family such as residual:depth=50,width=200,norm=batch,beta=0.1\n"
      "Exit codes: 0 healthy, 1 findings at or above --fail-on, 2 wrong usage or unreadable input");
  program.require_subcommand(0, 1);
  const std::vector<Command> commands = add_commands(program, console.quiet, console.verbose);

  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    program.parse(std::move(reversed));
  } catch (const CLI::Success& asked) {  // --help and --version
    return program.exit(asked, console.out, console.err) == 0 ? kHealthy : kBadInput;
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string said = error.what();
    const size_t colon = said.find(": At Most 1");
    if (colon == std::string::npos) throw;
    const std::string name = said.substr(0, colon);
    reject(name,
           name == "--inputs" ? "is given once; several arrays are input=file.npy,input=file.npy"
                              : "is given once",
           "several");
  }
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    reject_leftovers(program, "shatterproof");
    reject_leftovers(*command.app, command.app->get_name());
    reject_empty_values(*command.app);
    if (console.quiet && console.verbose) reject("--verbose", "excludes --quiet", "both");
    const int code = command.run(console);
    console.progress("");
    if (console.verbose) console.clock->print(console.err);
    return code;
  }
  const std::vector<std::string> leftovers = program.remaining();
  if (leftovers.empty()) {
    console.err << program.help();
    return kBadInput;
  }
  if (leftovers.front().starts_with("-")) reject_leftovers(program, "shatterproof");
  const CLI::App& constant = program;
  reject_unknown("shatterproof", "command", leftovers.front(),
                 names_of(constant.get_subcommands([](auto*) { return true; })));
}

// On a terminal that has them, unless nobody wants any (https://no-color.org).
bool shows_colours(const std::ostream& stream) {
  const bool terminal =
      (&stream == &std::cout && isatty(STDOUT_FILENO)) || (&stream == &std::cerr && isatty(STDERR_FILENO));
  const char *unwanted = std::getenv("NO_COLOR"), *kind = std::getenv("TERM");
  return terminal && (!unwanted || *unwanted == '\0') && kind && std::string_view(kind) != "dumb";
}

}  // namespace

int run_command(std::span<const std::string> words, std::ostream& standard_output,
                std::ostream& standard_error) {
  PrintableStream out(standard_output, shows_colours(standard_output)),
      err(standard_error, shows_colours(standard_error));
  StageClock clock;
  Console console{out, err};
  console.command_line = shell_line(words);
  console.clock = &clock;
  if (&standard_error == &std::cerr && isatty(STDERR_FILENO)) console.terminal = &standard_error;
  clear_interrupt();
  try {
    const int code = parse_and_run(words, console);
    out.flush();
    if (!out) return refuse(console, "standard output: cannot be written");
    return code;
  } catch (const Interrupted&) {
    console.progress("");
    err << "shatterproof: interrupted\n";
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    return refuse(console, "out of memory; a smaller --batch or --memory may help");
  } catch (const c10::Error& error) {
    return refuse(console, error.what_without_backtrace());
  } catch (const std::filesystem::filesystem_error& error) {
    return refuse(console, printable(error.path1().string()) + ": " + error.code().message());
  } catch (const std::exception& error) {
    return refuse(console, error.what());
  }
}

}  // namespace shatterproof::cli
