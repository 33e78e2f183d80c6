// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/catalog.h"

#include <algorithm>

#include "diagnose/collapsed_domain.h"
#include "diagnose/collapsed_tokens.h"
#include "diagnose/coupled_examples.h"
#include "diagnose/dead_layer.h"
#include "diagnose/exploding.h"
#include "diagnose/exploding_in_time.h"
#include "diagnose/folded_normalization.h"
#include "diagnose/heavy_dropout.h"
#include "diagnose/large_outputs.h"
#include "diagnose/mismatched_loss.h"
#include "diagnose/non_finite.h"
#include "diagnose/overly_nonlinear.h"
#include "diagnose/post_norm.h"
#include "diagnose/rectified_output.h"
#include "diagnose/redundant_units.h"
#include "diagnose/saturated.h"
#include "diagnose/shattered.h"
#include "diagnose/stuck.h"
#include "diagnose/undiluted_skips.h"
#include "diagnose/unlearned_loss.h"
#include "diagnose/unreachable_targets.h"
#include "diagnose/unscaled_inputs.h"
#include "diagnose/unscaled_targets.h"
#include "diagnose/vanishing.h"
#include "diagnose/vanishing_in_time.h"
#include "diagnose/white_minibatch.h"
#include "diagnose/zero_init.h"

namespace shatterproof {

std::span<const RuleRecord> rules() {
  static const std::vector<RuleRecord> catalog = {
      non_finite_rule(),
      coupled_examples_rule(),
      unscaled_inputs_rule(),
      saturated_rule(),
      large_outputs_rule(),
      rectified_output_rule(),
      heavy_dropout_rule(),
      dead_layer_rule(),
      zero_init_rule(),
      post_norm_rule(),
      undiluted_skips_rule(),
      collapsed_tokens_rule(),
      vanishing_in_time_rule(),
      exploding_in_time_rule(),
      vanishing_rule(),
      exploding_rule(),
      collapsed_domain_rule(),
      redundant_units_rule(),
      overly_nonlinear_rule(),
      shattered_rule(),
      white_minibatch_rule(),
      folded_normalization_rule(),
      stuck_rule(),
      mismatched_loss_rule(),
      unreachable_targets_rule(),
      unscaled_targets_rule(),
      unlearned_loss_rule(),
  };
  return catalog;
}

const RuleRecord& rule_of(std::string_view id) {
  return *std::find_if(rules().begin(), rules().end(), [&](const RuleRecord& rule) { return rule.id == id; });
}

std::vector<std::string> measurements_of_rules() {
  std::vector<std::string> names;
  for (const RuleRecord& rule : rules()) {
    for (const std::string& name : rule.rests_on) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace shatterproof
