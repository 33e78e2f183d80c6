// SPDX-License-Identifier: Apache-2.0
#include "diagnose/zero_init.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace shatterproof {
namespace {

std::string purpose_text(ZeroPurpose purpose, int count) {
  const bool one = count == 1;
  switch (purpose) {
    case ZeroPurpose::branch_gain:
      return fmt::format("the last norm gain of {}", one ? "a branch" : fmt::format("{} branches", count));
    case ZeroPurpose::branch_layer:
      return fmt::format("the last layer of {}", one ? "a branch" : fmt::format("{} branches", count));
    case ZeroPurpose::branch_scale:
      return fmt::format("the scale of {}", one ? "a branch" : fmt::format("{} branches", count));
    case ZeroPurpose::modulation:
      return one ? "a layer that makes gates and scales (adaLN-Zero)"
                 : fmt::format("{} layers that make gates and scales (adaLN-Zero)", count);
    case ZeroPurpose::low_rank_factor:
      return fmt::format("the second factor of {} (LoRA)",
                         one ? "an adapter" : fmt::format("{} adapters", count));
    case ZeroPurpose::readout:
      return "the readout";
    case ZeroPurpose::unknown:
      break;
  }
  return fmt::format("{} other weight{}", count, one ? "" : "s");
}

std::optional<Finding> judge_zero_init(const Examination& examination, const Draw&, const Thresholds&,
                                       const Findings& found) {
  if (!examination.awakening || find(found, "dead_layer")) return {};
  const Awakening& awakening = *examination.awakening;
  std::map<ZeroPurpose, int> counts;
  for (const ZeroFactor& zero : awakening.zero_factors) {
    if (zero.opens) ++counts[zero.purpose];
  }
  if (counts.empty() || awakening.resting.empty()) return {};
  std::vector<std::string> parts;
  for (const auto& [purpose, count] : counts) parts.push_back(purpose_text(purpose, count));
  Finding finding;
  finding.severity = Severity::info;
  finding.headline = fmt::format(
      "zero on purpose: {}; {} of {} parameters have no gradient at first and all get "
      "one within the first steps",
      fmt::join(parts, ", "), awakening.resting.size(), awakening.parameters);
  finding.evidence.push_back(
      {.name = "parameters at rest that wake", .value = static_cast<double>(awakening.resting.size())});
  const bool only_readout = counts.size() == 1 && counts.contains(ZeroPurpose::readout);
  finding.why = only_readout
                    ? "a readout of zero begins by telling nothing apart, and the first step ends that"
                    : "blocks that begin as their skip make a deep network begin as a shallow one";
  return finding;
}

}  // namespace

RuleRecord zero_init_rule() {
  return {"zero_init",
          "weights that are zero on purpose and open as training begins",
          {},
          {"collapsed_domain", "redundant_units", "vanishing", "white_minibatch"},
          Showing::never,
          judge_zero_init,
          nullptr};
}

}  // namespace shatterproof
