// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {

/// A named network of [GE]: `feedforward:preset=batch_relu`, `residual:preset=batch_relu`.
///
/// 50 linear maps (`count=linear`; depth, width, input and output may be given), 100 numbers in and out,
/// width 100, no biases; the first linear map N(0, 1/input), the others as `initializer` says: N(0, 2/fan_in)
/// before and after rectifiers, N(0, 1/fan_in) otherwise. Residual ones have two layers per block. [GE]
/// section 3.
struct PresetRecord {
  std::string name, norm, activation, initializer;
};

/// Every preset. No other list of them exists.
std::span<const PresetRecord> presets();

/// The preset that the option `preset` names, or nullptr for `none`, its default. Throws
/// std::invalid_argument on an unknown one (naming the known ones), and when an option is given that the
/// preset itself says.
const PresetRecord* preset_of(const Spec& values);

/// Sizes, norm and activation of a preset, for options to be read on top of.
void apply(const PresetRecord& preset, FullyConnectedOptions& options);

/// The scheme that draws the weights of the network that `spec` names when nobody names another: its
/// preset's, else "he".
std::string default_initializer(std::string_view spec);

}  // namespace shatterproof
