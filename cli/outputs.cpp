// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof::cli {
namespace {

void reject_option_as_name(const std::string& option, const std::string& path) {
  // CLI11 reads "-o=x" as a file "=x".
  if (path.starts_with('-') || path.starts_with('='))
    reject(option, "names a file or folder, ./" + path + " where it begins so", "'" + path + "'");
}

}  // namespace

void require_output_file(const std::string& option, const std::string& path) {
  if (path.empty()) return;
  reject_option_as_name(option, path);
  require_writable(path);
}

void require_output_file(const std::string& option, const std::string& path, const std::string& kind) {
  require_output_file(option, path);
  static const std::set<std::string> kinds = {".html",  ".svg", ".pdf",  ".png", ".onnx",
                                              ".jsonl", ".npy", ".toml", ".pt",  ".pth"};
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension != kind && kinds.contains(extension))
    reject(option, fmt::format("writes FILE{}", kind), fmt::format("'{}'", path));
}

void require_output_folder(const std::string& option, const std::string& path) {
  if (path.empty()) return;
  reject_option_as_name(option, path);
  require_writable_folder(path);
}

void require_empty_output_folder(const std::string& option, const std::string& path) {
  require_output_folder(option, path);
  if (!path.empty()) require_empty_folder(path);
}

void require_json_output(const std::string& path) {
  if (path != "-") require_output_file("--json", path);
}

}  // namespace shatterproof::cli
