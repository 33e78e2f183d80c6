// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "shatterproof/theory/setting.h"

namespace shatterproof {

/// What theory has to know of the network that "residual:depth=50,norm=batch,beta=0.1" names, with the
/// options and defaults of its family; empty when no theory speaks of the family, of presets or of skips with
/// a matrix. white_noise and brown_noise, which stand for gradients that are noise, have one option, input.
///
/// Throws std::invalid_argument on an unknown family, option or word (naming the known ones), and on values
/// that the family refuses.
std::optional<Setting> setting_if_known(std::string_view family_spec);

/// The same of a network on these inputs, as `set_inputs` takes them; empty, too, when theory knows no such
/// inputs.
std::optional<Setting> setting_if_known(std::string_view family_spec, std::string_view inputs);

/// The setting of the first. Throws std::invalid_argument, saying of what no theory speaks, where that is
/// empty.
Setting setting_of(std::string_view family_spec);

/// Whether some theory speaks of networks of that family.
bool is_predicted_family(std::string_view family);

}  // namespace shatterproof
