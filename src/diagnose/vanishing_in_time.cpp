// SPDX-License-Identifier: Apache-2.0
#include "diagnose/vanishing_in_time.h"

#include <fmt/format.h>

#include "diagnose/memory.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

std::string length_text(const Memory& memory) {
  return memory.never_forgets ? fmt::format("more than {} steps", memory.steps - 1)
                              : fmt::format("{:.2g} steps", memory.length);
}

std::optional<Finding> judge_vanishing_in_time(const Examination& examination, const Draw& draw,
                                               const Thresholds& thresholds, const Findings&) {
  const std::optional<Memory> memory = memory_of(draw);
  const double watch = thresholds.value("vanishing_in_time.watch_part");
  if (!memory || memory->left >= watch) return {};
  Finding finding;
  const bool is_lost = memory->left < thresholds.value("vanishing_in_time.critical_part");
  finding.severity = is_lost ? Severity::critical : Severity::watch;
  finding.headline = fmt::format(
      "of the last state's gradient {:.1g} is left {} steps before ({}), and no output reads a step between; "
      "it "
      "has fallen to 1/e after {}",
      memory->left, memory->span, rates_text(draw, *memory), length_text(*memory));
  finding.evidence.push_back(
      {.name = "gradient_over_time", .value = memory->left, .healthy = watch, .healthy_side = ">"});
  finding.evidence.push_back(
      evidence_of(*find_reading(draw, "gradient_over_time_rate", ReadingType::scalar)));
  finding.evidence.push_back(
      evidence_of(*find_reading(draw, "gradient_over_time_length", ReadingType::scalar)));
  finding.why =
      "what enters first has a part in the gradient that float32 rounds away beside what enters last: only "
      "the "
      "end of a sequence is learned from";
  if (examination.initial_weights) finding.remedies = longer_memory(examination, *memory);
  return finding;
}

std::string healthy_vanishing_in_time(const Examination&, const Draw& draw, const Thresholds& thresholds,
                                      const Findings&) {
  const std::optional<Memory> memory = memory_of(draw);
  if (!memory || memory->largest > thresholds.value("exploding_in_time.watch_factor")) return {};
  return fmt::format("gradients over {} steps ({:.2g} left per step, 1/e after {}{})", memory->steps,
                     memory->rate, length_text(*memory),
                     memory->reads_every_step() ? "; every step is read" : "");
}

}  // namespace

RuleRecord vanishing_in_time_rule() {
  return {
      "vanishing_in_time",      "the gradient of a recurrent network's output does not reach the first steps",
      {"gradient_over_time"},   {"vanishing", "shattered", "white_minibatch"},
      Showing::never,           judge_vanishing_in_time,
      healthy_vanishing_in_time};
}

}  // namespace shatterproof
