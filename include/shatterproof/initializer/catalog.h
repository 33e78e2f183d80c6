// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/core/random.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/initializer/weight.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// All that is said of a scheme: help, docs and errors read this record and nothing else.
struct InitializerRecord {
  std::string name, sentence, formula, reference;
  std::vector<OptionRecord> options;
  /// A float32 tensor of shape.sizes. Throws std::invalid_argument on bad options or a missing fan.
  at::Tensor (*draw)(const Spec& options, const WeightShape& shape, const RandomStream& stream);
  /// What the weight cannot keep of the scheme's promise, for the coverage; nullptr: it keeps all, always.
  std::string (*shortfall)(const WeightShape& shape) = nullptr;
  /// Whether weights, whatever drew them, are mirrored to make the network linear; see looks_linear.h.
  bool mirrors = false;
  /// Biases of a layer, `shape` being that of its weight but for `sizes`; nullptr: zeros.
  at::Tensor (*draw_bias)(const Spec& options, const WeightShape& shape,
                          const RandomStream& stream) = nullptr;
};

/// Every scheme. No other list of them exists.
std::span<const InitializerRecord> initializers();
/// The record named `name`, or nullptr.
const InitializerRecord* find_initializer(std::string_view name);

/// Another library's name for a scheme.
struct InitializerAlias {
  std::string name;    ///< "kaiming_uniform"
  std::string scheme;  ///< "he:distribution=uniform"
};
std::span<const InitializerAlias> initializer_aliases();
/// The scheme in the names of `initializers()`, options of its own included; as it is where it is no alias.
std::string resolved_scheme(std::string_view scheme);

/// A network with new weights, and what of it is not as the scheme's name promises.
struct Initialization {
  Network network;
  std::vector<std::string> notes;  ///< one line each, for the coverage; empty when nothing is to be said
};

/// New initial weights for a network, built-in or imported.
///
/// Weights of the layers are drawn by `scheme` ("he", "orthogonal:gain=1"), a parameter with
/// Parameter::initial by that; biases are 0 unless the scheme draws them, normalization gains (also as Mul
/// and Add nodes that follow one) and variances 1, shifts and means 0, embedding tables N(0, 1). PRelu
/// slopes, constants and parameters that belong to no layer are kept. Shared parameters are drawn once.
///
/// A scheme that `mirrors` also repeats halves of weights with their sign reversed, those of the network's
/// own distributions included, and sets PRelu slopes to 1.
///
/// Element i of a weight (of the half that is repeated), in canonical order [fan_out, fan_in, kernel...], is
/// a function of (seed, name of the parameter, i) alone: the same on every machine and thread count,
/// unchanged by other layers, and the same function of the input whether the file stores it as [fan_in,
/// fan_out] or not. Drawn in double, rounded to float32, kept in the parameter's dtype. Throws
/// std::invalid_argument on an unknown scheme or option (naming the known ones).
Initialization initialize(const Network& network, std::string_view scheme, uint64_t seed);

}  // namespace shatterproof
