// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {

/// Refuses, rather than ignores, options that the other options leave without a meaning.
void reject_meaningless(const Spec& values, const std::vector<std::string>& options, std::string_view rule);

/// Refuses a value outside of 1 to `most`.
void require_within(const std::string& family, std::string_view option, int64_t value, int64_t most);

/// Empty for "auto", its default.
std::optional<double> number_or_auto(const Spec& values, const std::string& key);

/// What families whose hidden layers rectify have in common.
void read_nonlinearity(const Spec& values, auto& options) {
  options.activation = values.word("activation", options.activation);
  options.slope = number_or_auto(values, "slope");
  options.crelu = values.flag("crelu", options.crelu);
  options.norm = values.word("norm", options.norm);
}
void read_fully_connected(const Spec& values, FullyConnectedOptions& options);

/// What depth counts of a preset is said by it.
DepthCount count_of(const Spec& values, bool preset);

OptionRecord width_option();
OptionRecord count_option();
OptionRecord preset_option();
OptionRecord activation_option();
OptionRecord slope_option();
/// Of `read_nonlinearity`, and of `read_fully_connected` with a family's own behind them.
std::vector<OptionRecord> nonlinearity_options();
std::vector<OptionRecord> fully_connected_options(const std::vector<OptionRecord>& own);

}  // namespace shatterproof
