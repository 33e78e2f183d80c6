// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shatterproof::cli {

/// A folder of our own among the temporary ones, removed with what is in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A Chromium of this machine, which draws pages without a window. It asks no network for anything.
class Browser {
 public:
  /// Looks for one: $SHATTERPROOF_CHROMIUM, else `chromium` and the other names it has on the path. Throws
  /// IoError that says how to get one.
  Browser();

  /// The document at an address, as text, when its script has ended. Throws IoError when the browser fails
  /// or takes more than a minute or two, Interrupted.
  std::string document(const std::string& address) const;
  /// Prints it into a file. Throws likewise.
  void print(const std::string& address, const std::filesystem::path& pdf) const;

 private:
  std::string run(const std::vector<std::string>& words) const;

  std::string program_;
  ScratchFolder folder_;
};

}  // namespace shatterproof::cli
