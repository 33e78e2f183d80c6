// SPDX-License-Identifier: Apache-2.0
#include "tests/fetch/server.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace shatterproof::cli {
namespace {

// The first line of a program that goes on.
std::string first_line(int pipe) {
  std::string line;
  char c = 0;
  while (read(pipe, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

Server::Server(const std::string& folder, const std::string& certificate)
    : folder_(folder), scheme_(certificate.empty() ? "http" : "https") {
  setenv("no_proxy", "*", 1);
  std::array<int, 2> pipe_ends;
  if (pipe(pipe_ends.data()) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  std::vector<std::string> words = {SHATTERPROOF_PYTHON, SHATTERPROOF_SERVER, folder};
  if (!certificate.empty()) words.push_back(certificate);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int refused = posix_spawn(&program_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  const std::string port = refused == 0 ? first_line(pipe_ends[0]) : "";
  close(pipe_ends[0]);
  if (port.empty()) throw std::runtime_error("the server did not begin");
  port_ = std::stoi(port);
}

Server::~Server() {
  kill(program_, SIGKILL);
  waitpid(program_, nullptr, 0);
}

std::string Server::url(const std::string& way) const {
  return fmt::format("{}://127.0.0.1:{}/{}/", scheme_, port_, way);
}

std::vector<std::string> Server::requests() const {
  std::ifstream log(folder_ + "/requests");
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

}  // namespace shatterproof::cli
