// SPDX-License-Identifier: Apache-2.0
#include "tests/support/command_runner.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

namespace shatterproof::cli {
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

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

const std::filesystem::path& scratch() {
  static const TemporaryFolder folder;
  return folder.path();
}

}  // namespace shatterproof::cli
