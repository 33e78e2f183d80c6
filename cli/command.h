// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace shatterproof::cli {

/// Where a command speaks.
struct Console {
  std::ostream& out;  ///< data
  std::ostream& err;  ///< talk
  bool quiet = false;
  std::string command_line;  ///< as typed, for the results' context

  /// One line of talk, unless quiet.
  void say(std::string_view line) const;
  /// A line that replaces itself, only when `err` is this process's terminal; an empty one wipes it.
  void progress(std::string_view line) const;
};

/// A verb: its words are read into what `run` captured when the command line is parsed.
struct Command {
  CLI::App* app = nullptr;
  std::function<int(const Console&)> run;  ///< returns the exit code
};

Command add_check(CLI::App& program);
Command add_mend(CLI::App& program);
Command add_compare(CLI::App& program);
Command add_measure(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_build(CLI::App& program);
Command add_init(CLI::App& program);
Command add_evaluate(CLI::App& program);
Command add_train(CLI::App& program);
Command add_data(CLI::App& program);
Command add_reproduce(CLI::App& program);
Command add_report(CLI::App& program);
Command add_list(CLI::App& program);
Command add_explain(CLI::App& program);

}  // namespace shatterproof::cli
