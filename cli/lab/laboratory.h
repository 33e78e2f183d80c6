// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "cli/lab/http.h"
#include "cli/lab/setting.h"
#include "cli/lab/training.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {

/// Who may ask: by the names under which the server is reached, and by a word that nobody can guess.
struct LabAdmission {
  std::vector<std::string> hosts;  ///< "127.0.0.1:8000", in lower case
  std::string token;
};

/// 32 hexadecimal digits from the system's source of randomness.
std::string random_token();

/// The laboratory without its sockets: requests in, answers out. Numbers are computed for one request at a
/// time; the others wait, and give up when who asked is gone.
///
///   /TOKEN/             the page
///   /TOKEN/results      lab_results, behind a line with the network, the commands and the time it took
///   /TOKEN/study.toml   the state as a study
///   /TOKEN/network.onnx its network
///
/// and behind '?' a value for each control that is not at its default; `detail=picture` asks results for the
/// picture only.
class Laboratory {
 public:
  Laboratory(LabAdmission admission, LabSetting start);

  /// 403 for whom `admission` does not let in, 400 with one line for what is refused, 404 for what is not
  /// there. Throws Interrupted when `gone` was requested.
  LabAnswer answer(const LabRequest& request, const Cancellation& gone);

 private:
  LabAnswer admitted(const std::string& part, const LabRequest& request, const Cancellation& gone);
  LabAnswer results(const LabSetting& setting, bool whole, const Cancellation& gone);
  LabAnswer network(const LabSetting& setting, const Cancellation& gone);
  std::unique_lock<std::timed_mutex> turn(const Cancellation& gone);

  LabAdmission admission_;
  LabSetting start_;
  std::timed_mutex computing_;
  LabTraining training_;  // of whoever computes
};

}  // namespace shatterproof::cli
