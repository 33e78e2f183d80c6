// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>  // __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/command_line.h"
#include "shatterproof/core/blas_kernels.h"
#include "shatterproof/core/interrupt.h"

namespace {

// Passes and steps ask again and again for the same sizes. Memory that goes back to the system between them
// costs a page fault for each 4 KiB, a tenth of the time of a check; what is kept for them is bounded here.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMiB = 1 << 20;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 512 * kMiB);
#endif
}

// What only tells something is not kept waiting for a second start.
bool computes(std::span<const std::string> words) {
  constexpr std::string_view kTelling[] = {"list", "explain",   "completion",   "manual",  "--help",
                                           "-h",   "--version", "--list-units", "--status"};
  return !words.empty() && std::ranges::find_first_of(words, kTelling) == words.end();
}

// Once: the variable is set then.
void start_with_faster_kernels(char** arguments) {
  const std::string kernels = shatterproof::faster_blas_kernels();
  if (kernels.empty()) return;
  std::error_code none;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
  setenv("OPENBLAS_CORETYPE", kernels.c_str(), 1);
  execv(program.c_str(), arguments);  // where it cannot, this goes on, slower
}

void ask_to_stop(int signal) {
  shatterproof::request_interrupt();
  std::signal(signal, SIG_DFL);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (computes(words)) start_with_faster_kernels(arguments);
  keep_freed_memory();
  // The first Ctrl-C asks politely, so that no half-written file stays; the second ends the program at once.
  for (const int asked : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(asked, ask_to_stop) == SIG_IGN) std::signal(asked, SIG_IGN);  // nohup
  }
  return shatterproof::cli::run_command(words, std::cout, std::cerr);
}
