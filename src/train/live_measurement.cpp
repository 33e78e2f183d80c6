// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/live_measurement.h"

#include <optional>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/experiment/catalog.h"

namespace shatterproof {

LiveMeasurement LiveMeasurement::parse(std::string_view text) {
  const size_t at = text.find('@');
  LiveMeasurement live;
  live.name = text.substr(0, at);
  measurement_of(live.name);  // throws on what is none
  std::string_view count = at == std::string_view::npos ? "" : text.substr(at + 1);
  live.epochs = count.ends_with('e');
  if (live.epochs) count.remove_suffix(1);
  const std::optional<int64_t> every = parse_whole_number(count);
  if (!every || *every < 1) {
    reject("live measurement", "is written NAME@STEPS or NAME@EPOCHSe", "'" + printable(text) + "'");
  }
  live.every = *every;
  return live;
}

bool LiveMeasurement::is_due(int64_t steps_made, int64_t steps_per_epoch) const {
  return steps_made % (epochs ? every * steps_per_epoch : every) == 0;
}

}  // namespace shatterproof
