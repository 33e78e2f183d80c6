// SPDX-License-Identifier: Apache-2.0
#include "cli/stage_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/text.h"

namespace shatterproof::cli {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string duration_text(double seconds) {
  constexpr double kMinute = 60, kFewMinutes = 100;
  return seconds < kFewMinutes ? fmt::format("{:.0f} s", seconds)
                               : fmt::format("{:.0f} minutes", seconds / kMinute);
}

}  // namespace

StageClock::StageClock(Seconds now) : now_(now ? std::move(now) : steady_seconds) {
  stages_.emplace_back("reading", 0);
  began_ = now_();
}

void StageClock::enter(std::string_view stage) {
  if (stages_[current_].first == stage) return;
  const double now = now_();
  stages_[current_].second += now - began_;
  began_ = now;
  const auto known =
      std::find_if(stages_.begin(), stages_.end(), [&](const auto& one) { return one.first == stage; });
  current_ = static_cast<size_t>(known - stages_.begin());
  if (known == stages_.end()) stages_.emplace_back(stage, 0);
}

std::string StageClock::share(int64_t done, int64_t all) {
  const std::string known = so_far_.empty() ? "" : "; so far: " + so_far_;
  if (all <= 1) return known;
  std::string text = fmt::format(": {} of {}", done, all);
  constexpr double kWorthSaying = 1;
  const double left =
      done > 0 ? (now_() - began_) * static_cast<double>(all - done) / static_cast<double>(done) : 0;
  if (left >= kWorthSaying) text += fmt::format(", {} left", duration_text(left));
  return text + known;
}

void StageClock::print(std::ostream& out) {
  const double now = now_();
  stages_[current_].second += now - began_;
  began_ = now;
  double sum = 0;
  for (const auto& [name, seconds] : stages_) sum += seconds;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, seconds] : stages_)
    rows.push_back({name, fmt::format("{:8.2f} s", seconds),
                    fmt::format("{:3.0f} %", sum > 0 ? 100 * seconds / sum : 0)});
  rows.push_back({"in all", fmt::format("{:8.2f} s", sum), ""});
  out << "time\n";
  print_table(out, rows, 2);
}

}  // namespace shatterproof::cli
