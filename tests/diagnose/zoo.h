// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "shatterproof/examine/subject.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What a rehearsal makes of a network: whether it fits one batch and what lies around it.
enum class Fits { yes, no, by_chance };  ///< by chance: by its weights' draw and the machine's rounding

/// A labelled network.
struct Animal {
  std::string name, family;
  std::string scheme;     ///< empty: the family's own
  std::string sickness;   ///< the finding it gets; empty: healthy
  Fits fits = Fits::yes;  ///< what does not is critical
};
void PrintTo(const Animal& animal, std::ostream* stream);

/// The family's network, or `sigmoid_layers` where the family is "sigmoid_layers".
Subject subject_of(const Animal& animal);

/// Each is sick in one known way.
std::vector<Animal> sick_animals();
std::vector<Animal> healthy_animals();

/// Tokens [batch, 8, 32] through `blocks` of attention and two layers with GELU, layer norm before each,
/// skips around both.
Network transformer_blocks(int blocks);
/// `layers` of 50 sigmoid units.
Network sigmoid_layers(int layers);

}  // namespace shatterproof
