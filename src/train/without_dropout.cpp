// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/without_dropout.h"

#include <utility>

namespace shatterproof {

std::optional<WithoutDropout> without_dropout(TapSource& source, const Batch& batch,
                                              const RehearsalOptions& options, const Rehearsal& made) {
  const std::optional<DropoutPlace> heaviest = source.dropout();
  if (!heaviest || heaviest->ratio == 0) return {};
  const bool fits_in_part = made.verdict == RehearsalVerdict::memorizes ||
                            (made.verdict == RehearsalVerdict::learns && made.share() >= kFittedShare);
  if (!is_held_back(made.verdict) && !(fits_in_part && heaviest->ratio <= kUsualDropout)) return {};
  RehearsalOptions calm = options;
  calm.drops = false;
  Rehearsal without = rehearsal(source, batch, calm);
  if (without.verdict != RehearsalVerdict::learns) return {};
  WithoutDropout found{*heaviest, std::move(without), {}};
  if (!found.is_usual() && cannot_fit(made.verdict)) {
    RehearsalOptions plane = options;
    plane.follows_inputs = true;
    found.of_plane = rehearsal(source, batch, plane);
  }
  return found;
}

}  // namespace shatterproof
