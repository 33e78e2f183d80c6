// SPDX-License-Identifier: Apache-2.0
#include "diagnose/exploding_in_time.h"

#include <fmt/format.h>

#include "diagnose/memory.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge_exploding_in_time(const Examination& examination, const Draw& draw,
                                               const Thresholds& thresholds, const Findings&) {
  const std::optional<Memory> memory = memory_of(draw);
  const double watch = thresholds.value("exploding_in_time.watch_factor");
  if (!memory || memory->rate <= 1 || memory->largest <= watch) return {};
  Finding finding;
  const bool is_lost = memory->largest > thresholds.value("exploding_in_time.critical_factor");
  finding.severity = is_lost ? Severity::critical : Severity::watch;
  finding.headline = fmt::format(
      "the last state's gradient is up to {:.2g} times larger at the first of {} steps than at the "
      "last ({})",
      memory->largest, memory->steps, rates_text(draw, *memory));
  finding.evidence.push_back(
      {.name = "gradient_over_time", .value = memory->largest, .healthy = watch, .healthy_side = "<"});
  finding.evidence.push_back(
      evidence_of(*find_reading(draw, "gradient_over_time_rate", ReadingType::scalar)));
  finding.why =
      "steps of training are as large as the longest memory makes them, and what enters last does not count";
  if (examination.initial_weights) finding.remedies = bounded_memory(examination, *memory);
  return finding;
}

// One phrase for both ends: that of the rule on vanishing in time.
}  // namespace

RuleRecord exploding_in_time_rule() {
  return {"exploding_in_time",
          "the gradient of a recurrent network grows from the last step to the first",
          {"gradient_over_time"},
          {"exploding", "overly_nonlinear", "shattered", "white_minibatch"},
          Showing::never,
          judge_exploding_in_time,
          nullptr};
}

}  // namespace shatterproof
