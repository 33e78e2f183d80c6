// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "shatterproof/core/interrupt.h"

int main(int count, char** arguments) {
  // The first Ctrl-C asks politely; the second ends the program at once.
  std::signal(SIGINT, [](int) {
    shatterproof::request_interrupt();
    std::signal(SIGINT, SIG_DFL);
  });
  const std::vector<std::string> words(arguments + 1, arguments + count);
  return shatterproof::cli::run_command(words, std::cout, std::cerr);
}
