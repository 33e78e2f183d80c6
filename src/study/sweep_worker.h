// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shatterproof {

/// What a process says of its part in a sweep.
struct SweepWorker {
  std::string machine;
  int64_t pid = 0;
  std::string share;  ///< "3/16"
  int64_t threads = 1;
  int64_t units = 0, done = 0, failed = 0;
  double made_seconds = 0;  ///< of what it has run, as estimated
  double seconds = 0;       ///< since it began
  double heard = 0;         ///< when this was written, seconds since 1970
  bool ended = false;

  bool is_this_one() const;  ///< of this machine and pid
  bool is_running(double now) const;
  int64_t running_units() const;
  /// Estimated seconds of units that it works off in a second; as many as threads until it has run one.
  double speed() const;
};

/// The file in which a worker says so, written again every few seconds from a thread of its own, so that one
/// that runs a long unit differs from one that was killed. It is talk: what the disk refuses is passed over.
class SweepWorkerFile {
 public:
  SweepWorkerFile(const std::filesystem::path& folder, SweepWorker worker);
  ~SweepWorkerFile();
  SweepWorkerFile(const SweepWorkerFile&) = delete;
  SweepWorkerFile& operator=(const SweepWorkerFile&) = delete;

  /// A unit has ended, done or failed; its estimated seconds.
  void count(bool failed, double estimated_seconds);

 private:
  void write();  // the mutex is held

  std::filesystem::path file_;
  SweepWorker worker_;
  double begun_ = 0;
  bool stop_ = false;
  std::mutex mutex_;
  std::condition_variable stopping_;
  std::thread speaking_;
};

/// What the files of a folder say; what is no such file is passed over.
std::vector<SweepWorker> workers_of(const std::filesystem::path& folder);

/// Now, seconds since 1970.
double seconds_now();

}  // namespace shatterproof
