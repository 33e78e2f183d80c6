// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shatterproof/examine/subject.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof {

/// How a subject's weights come about: draw k of `count` has the seed `first_seed` + k.
struct WeightDraws {
  std::string scheme;  ///< empty: the subject's own weights, one draw
  uint64_t first_seed = 1;
  int64_t count = 1;
};

/// What of that a caller asks for.
struct WeightRequest {
  std::string scheme;  ///< empty: own weights; of a family what it prescribes
  uint64_t first_seed = 1;
  int64_t count = 0;   ///< 0: five where weights are drawn
  bool as_is = false;  ///< draw new weights although batch norm seems to have been folded into the old ones
};

/// Throws std::invalid_argument when several draws of own weights are asked for, and when a file that lost
/// its normalization would get new weights without `as_is`.
WeightDraws weight_draws(const Subject& subject, const WeightRequest& request);

/// The subject's network as `seed` draws it, or with its own weights, with the notes of the initializer.
Initialization drawn_network(const Subject& subject, const WeightDraws& draws, uint64_t seed);

}  // namespace shatterproof
