// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace shatterproof::cli {

class StageClock;

/// Where a command speaks.
struct Console {
  std::ostream& out;  ///< data
  std::ostream& err;  ///< talk
  bool quiet = false;
  bool verbose = false;              ///< also says where the time goes
  std::string command_line;          ///< as typed, for the results' context
  std::ostream* terminal = nullptr;  ///< where a line may replace itself; null: `err` is no terminal

  StageClock* clock = nullptr;  ///< of this command

  /// One line of talk, unless quiet.
  void say(std::string_view line) const;
  /// A line that replaces itself, only on a terminal; an empty one wipes it.
  void progress(std::string_view line) const;
  /// The stage that the command is in, of `all` parts `done` ones, as such a line.
  void stage(std::string_view name, int64_t done, int64_t all) const;
};

/// A verb: its words are read into what `run` captured when the command line is parsed.
struct Command {
  CLI::App* app = nullptr;
  std::function<int(const Console&)> run;  ///< returns the exit code
};

// Each in a file of its own, command_VERB.cpp.
Command add_check(CLI::App& program);
Command add_mend(CLI::App& program);
Command add_compare(CLI::App& program);
Command add_coordinates(CLI::App& program);
Command add_measure(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_reproduce(CLI::App& program);
Command add_sweep(CLI::App& program);
Command add_report(CLI::App& program);
Command add_figure(CLI::App& program);
Command add_build(CLI::App& program);
Command add_init(CLI::App& program);
Command add_train(CLI::App& program);
Command add_evaluate(CLI::App& program);
Command add_lab(CLI::App& program);
Command add_data(CLI::App& program);
Command add_list(CLI::App& program);
Command add_explain(CLI::App& program);
Command add_completion(CLI::App& program);
Command add_manual(CLI::App& program);

/// The one list of verbs, in the order of the help: over it go the program, its completion and tests.
inline constexpr Command (*kCommands[])(CLI::App&) = {
    add_check, add_mend,   add_compare, add_coordinates, add_measure,    add_predict, add_reproduce,
    add_sweep, add_report, add_figure,  add_build,       add_init,       add_train,   add_evaluate,
    add_lab,   add_data,   add_list,    add_explain,     add_completion, add_manual};

/// Adds every verb, each with the options that all have.
std::vector<Command> add_commands(CLI::App& program, bool& quiet, bool& verbose);

}  // namespace shatterproof::cli
