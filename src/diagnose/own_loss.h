// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// What the rules on a user's own loss have in common.
inline Evidence own_share(const OwnRehearsal& own) {
  return {.name = "own loss of a rehearsal over that of a constant",
          .value = own.rehearsal.share(),
          .healthy = kLearnedShare,
          .healthy_side = "<"};
}

/// Whether that loss was hardly lowered.
inline bool lags_behind(const Rehearsal& own) {
  return cannot_fit(own.verdict) || own.verdict == RehearsalVerdict::slow;
}

}  // namespace shatterproof
