// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shatterproof::cli {

/// Where the time of a command goes. Called by one thread at a time.
class StageClock {
 public:
  using Seconds = std::function<double()>;  ///< since any moment

  /// Begins with the stage "reading".
  explicit StageClock(Seconds now = {});

  /// Ends the stage before; the same one again goes on.
  void enter(std::string_view stage);
  /// How far a stage of `all` parts is: ": 3 of 5, 8 s left", without what is not known yet. Parts are taken
  /// to last equally long.
  std::string share(int64_t done, int64_t all);
  /// What is known so far, which `share` says from now on: "; so far: exploding, shattered".
  void know(std::string so_far) { so_far_ = std::move(so_far); }

  /// Ends the last stage: a line for each, in the order of their beginnings, and the sum.
  void print(std::ostream& out);

 private:
  Seconds now_;
  std::vector<std::pair<std::string, double>> stages_;  // names and seconds until they ended
  size_t current_ = 0;
  double began_ = 0;  // the current stage
  std::string so_far_;
};

}  // namespace shatterproof::cli
