// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/command_runner.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace shatterproof::cli {
namespace {

struct ScratchFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("shatterproof_cli_" + std::to_string(getpid()));
  ScratchFolder() { std::filesystem::create_directories(path); }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

Ran run(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  const int code = run_command(words, out, err);
  return {code, out.str(), err.str()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

const std::filesystem::path& scratch() {
  static const ScratchFolder folder;
  return folder.path;
}

}  // namespace shatterproof::cli
