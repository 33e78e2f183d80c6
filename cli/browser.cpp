// SPDX-License-Identifier: Apache-2.0
#include "cli/browser.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>

#include "cli/records.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

extern char** environ;

namespace shatterproof::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{120};

std::string on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / name;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return "";
}

std::string chromium() {
  if (const char* named = std::getenv("SHATTERPROOF_CHROMIUM"); named != nullptr && *named != '\0') {
    if (access(named, X_OK) == 0) return named;
    throw IoError(
        fmt::format("{}: $SHATTERPROOF_CHROMIUM cannot be run: {}", printable(named), std::strerror(errno)));
  }
  for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
    if (const std::string found = on_path(name); !found.empty()) return found;
  }
  throw IoError(
      "figure: Chromium or Chrome draws it, the charts being those of the page, and neither is on the path "
      "(apt install chromium; $SHATTERPROOF_CHROMIUM names one elsewhere)");
}

// Ends it with all that it started.
void end(pid_t group) {
  kill(-group, SIGKILL);
  waitpid(group, nullptr, 0);
}

int exit_code_of(pid_t child) {
  const auto last = std::chrono::steady_clock::now() + kPatience;
  constexpr std::chrono::milliseconds kPause{20};
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    try {
      throw_if_interrupted();
    } catch (const Interrupted&) {
      end(child);
      throw;
    }
    if (std::chrono::steady_clock::now() > last) {
      end(child);
      throw IoError(fmt::format("figure: the browser has not drawn it in {} s", kPatience.count()));
    }
    std::this_thread::sleep_for(kPause);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "shatterproof-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw IoError(fmt::format("{}: cannot be made: {}", printable(name), std::strerror(errno)));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code left;
  fs::remove_all(path_, left);
}

Browser::Browser() : program_(chromium()) {}

std::string Browser::run(const std::vector<std::string>& words) const {
  std::vector<std::string> all = {program_,
                                  "--headless",
                                  "--disable-gpu",
                                  "--disable-extensions",
                                  "--disable-background-networking",
                                  "--disable-component-update",
                                  "--disable-sync",
                                  "--no-first-run",
                                  "--no-default-browser-check",
                                  "--virtual-time-budget=20000",
                                  "--user-data-dir=" + (folder_.path() / "profile").string()};
  if (geteuid() == 0) all.emplace_back("--no-sandbox");  // which root has not
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const fs::path said = folder_.path() / "said";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int failed = posix_spawn(&child, program_.c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    throw IoError(fmt::format("{}: cannot be run: {}", printable(program_), std::strerror(failed)));
  if (const int code = exit_code_of(child); code != 0)
    throw IoError(fmt::format("{}: has drawn nothing and ended with {}", printable(program_), code));
  return bytes_of(said);
}

std::string Browser::document(const std::string& address) const {
  return run({"--dump-dom", address});
}

void Browser::print(const std::string& address, const fs::path& pdf) const {
  run({"--no-pdf-header-footer", "--print-to-pdf=" + pdf.string(), address});
}

}  // namespace shatterproof::cli
