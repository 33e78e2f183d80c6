// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/opened_page.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

extern char** environ;

namespace shatterproof::cli {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// In a group of its own, so that Ctrl-C on the terminal does not end the browser.
void run_apart(const char* program, const std::string& word) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, stream, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string name = program, argument = word;
  char* arguments[] = {name.data(), argument.data(), nullptr};
  pid_t child = 0;
  posix_spawnp(&child, program, &files, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
}

}  // namespace

OpenedPage::OpenedPage(const std::string& address) {
  if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")) return;
  const std::filesystem::path file = folder_.path() / "laboratory.html";
  std::ofstream(file) << fmt::format(
      "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={0}\">"
      "<title>Laboratory</title><p><a href=\"{0}\">The laboratory</a></p>\n",
      address);
  run_apart("xdg-open", file.string());
}

}  // namespace shatterproof::cli
