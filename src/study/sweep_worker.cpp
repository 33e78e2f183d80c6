// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/machine.h"
#include "core/text_file.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kEvery{5};
constexpr double kGivenUpAfter = 60;  // seconds of silence

}  // namespace

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool SweepWorker::is_this_one() const {
  return pid == getpid() && machine == machine_name();
}

bool SweepWorker::is_running(double now) const {
  return !ended && now - heard < kGivenUpAfter;
}

int64_t SweepWorker::running_units() const {
  return std::clamp<int64_t>(units - done - failed, 0, threads);
}

double SweepWorker::speed() const {
  return made_seconds > 0 && seconds > 0 ? made_seconds / seconds : static_cast<double>(threads);
}

SweepWorkerFile::SweepWorkerFile(const fs::path& folder, SweepWorker worker)
    : worker_(std::move(worker)), begun_(seconds_now()) {
  worker_.machine = machine_name();
  worker_.pid = getpid();
  file_ =
      folder / fmt::format("{}.{}.{}.json", worker_.machine, worker_.pid, static_cast<int64_t>(begun_ * 1e3));
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  const std::lock_guard lock(mutex_);
  write();
  speaking_ = std::thread([this] {
    std::unique_lock speaking(mutex_);
    while (!stopping_.wait_for(speaking, kEvery, [this] { return stop_; })) write();
  });
}

SweepWorkerFile::~SweepWorkerFile() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = worker_.ended = true;
  }
  stopping_.notify_all();
  speaking_.join();
  const std::lock_guard lock(mutex_);
  write();
}

void SweepWorkerFile::count(bool failed, double estimated_seconds) {
  const std::lock_guard lock(mutex_);
  (failed ? worker_.failed : worker_.done) += 1;
  worker_.made_seconds += estimated_seconds;
}

void SweepWorkerFile::write() {
  worker_.heard = seconds_now();
  worker_.seconds = worker_.heard - begun_;
  try {
    OutputFile file(file_);
    file.stream() << nlohmann::json{{"machine", worker_.machine}, {"pid", worker_.pid},
                                    {"share", worker_.share},     {"threads", worker_.threads},
                                    {"units", worker_.units},     {"done", worker_.done},
                                    {"failed", worker_.failed},   {"made_seconds", worker_.made_seconds},
                                    {"seconds", worker_.seconds}, {"heard", worker_.heard},
                                    {"ended", worker_.ended}}
                  << '\n';
    file.close();
  } catch (const IoError&) {
    // Units say so themselves when the disk is full.
  }
}

std::vector<SweepWorker> workers_of(const fs::path& folder) {
  constexpr size_t kLongest = 4096;
  std::vector<SweepWorker> workers;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    if (entry.path().extension() != ".json") continue;
    try {
      const nlohmann::json read = nlohmann::json::parse(text_of_file(entry.path().string(), kLongest));
      SweepWorker worker;
      worker.machine = printable(read.at("machine").get<std::string>());
      worker.pid = read.at("pid").get<int64_t>();
      worker.share = read.at("share").get<std::string>();
      worker.threads = read.at("threads").get<int64_t>();
      worker.units = read.at("units").get<int64_t>();
      worker.done = read.at("done").get<int64_t>();
      worker.failed = read.at("failed").get<int64_t>();
      worker.made_seconds = read.at("made_seconds").get<double>();
      worker.seconds = read.at("seconds").get<double>();
      worker.heard = read.at("heard").get<double>();
      worker.ended = read.at("ended").get<bool>();
      workers.push_back(std::move(worker));
    } catch (const nlohmann::json::exception&) {
      continue;  // of somebody else
    } catch (const IoError&) {
      continue;  // gone meanwhile
    }
  }
  return workers;
}

}  // namespace shatterproof
