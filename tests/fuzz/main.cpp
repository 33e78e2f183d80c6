// SPDX-License-Identifier: Apache-2.0
// PROGRAM FOLDER reads every file of the folder and fails where one takes too long. Built with
// SHATTERPROOF_FUZZ: PROGRAM FILE, under afl-fuzz, which rewrites the file.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "shatterproof/core/error.h"
#include "tests/fuzz/allocation_budget.h"
#include "tests/fuzz/reader.h"

#ifdef SHATTERPROOF_FUZZ
extern "C" int __afl_persistent_loop(unsigned files);
// What afl-fuzz looks for in the program to learn that one run reads many files.
static volatile const char kPersistent[] = "##SIG_AFL_PERSISTENT##";
#endif

namespace {

constexpr int64_t kBudget = int64_t{64} << 20;
constexpr double kMostSeconds = 2;

bool is_refused(const std::string& path) {
  try {
    shatterproof::read_file(path);
    return false;
  } catch (const shatterproof::IoError&) {
    return true;
  } catch (const std::invalid_argument&) {
    return true;
  }
}

/// Of the processor: other programs may be busy.
double seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

[[maybe_unused]] int replay(const std::filesystem::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  size_t read = 0, slow = 0;
  for (const std::string& path : paths) {
    const double start = seconds();
    const bool refused = is_refused(path);
    const double taken = seconds() - start;
    read += refused ? 0 : 1;
    slow += taken > kMostSeconds ? 1 : 0;
    std::printf("%-8s %.3f s  %s\n", refused ? "refused" : "read", taken, path.c_str());
  }
  std::printf("%zu files, %zu read, %zu slow, %.1f MiB at most\n", paths.size(), read, slow,
              static_cast<double>(shatterproof::most_allocated()) / (1 << 20));
  // A corpus of which the reader takes nothing tests the first lines of it only.
  return read > 0 && read < paths.size() && slow == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  shatterproof::set_allocation_budget(kBudget);
#ifdef SHATTERPROOF_FUZZ
  constexpr unsigned kFilesPerRun = 1000;
  while (__afl_persistent_loop(kFilesPerRun)) is_refused(arguments[1]);
  return kPersistent[0] == '#' ? 0 : 1;
#else
  return replay(arguments[1]);
#endif
}
