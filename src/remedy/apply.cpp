// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/remedy/apply.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "initializer/parameter_role.h"
#include "remedy/shapes.h"
#include "remedy/surgery.h"
#include "shatterproof/dataset/preprocessing.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

// Plain rectifiers do not become linear by mirrored weights alone.
bool can_draw(const Network& network, const std::string& scheme) {
  return !scheme.starts_with("looks_linear") || !structure(network).mirrored_rectifiers.empty();
}

// Of these layers; none where there are no such layers.
std::vector<std::string> weights_of(const Network& network, const LayerRange& range) {
  const std::vector<Layer> layers = structure(network).layers;
  if (range.first < 1 || range.last > static_cast<int>(layers.size())) return {};
  std::vector<std::string> weights;
  for (int i = range.first; i <= range.last; ++i)
    weights.push_back(layers[static_cast<size_t>(i) - 1].weight);
  return weights;
}

std::optional<Network> redrawn(const Network& network, const Remedy& remedy, uint64_t seed) {
  if (!can_draw(network, remedy.scheme)) return {};
  Network drawn = initialize(network, remedy.scheme, seed).network;
  if (!remedy.layers) return drawn;
  const std::vector<std::string> weights = weights_of(network, *remedy.layers);
  if (weights.empty()) return {};
  Network in_part = network;
  for (const std::string& weight : weights)
    in_part.set_parameter(weight, drawn.find_parameter(weight)->value);
  return in_part;
}

std::optional<Network> with_scaled_layer(const Network& network, const Remedy& remedy) {
  if (!remedy.value) return {};
  const int last = static_cast<int>(structure(network).layers.size());
  const std::vector<std::string> weights =
      weights_of(network, remedy.layers.value_or(LayerRange{last, last}));
  if (weights.empty()) return {};
  Network scaled = network;
  for (const std::string& weight : weights)
    scaled.set_parameter(weight, network.find_parameter(weight)->value * *remedy.value);
  return scaled;
}

// Parameters that are all one number get the weights that another draw gives them.
std::optional<Network> with_constants_redrawn(const Network& network, uint64_t seed) {
  const Network drawn = initialize(network, "glorot", seed).network;
  Network revived = network;
  bool any = false;
  for (const Layer& layer : structure(network).layers) {
    const at::Tensor& value = network.find_parameter(layer.weight)->value;
    if (value.numel() < 2 || (value.max() - value.min()).item<double>() != 0) continue;
    revived.set_parameter(layer.weight, drawn.find_parameter(layer.weight)->value);
    any = true;
  }
  return any ? std::optional(std::move(revived)) : std::nullopt;
}

// Gains that are all zero are so on purpose.
std::optional<Network> with_gains_of_one(const Network& network) {
  const Structure derived = structure(network);
  Network reset = network;
  bool any = false;
  for (const auto& [name, use] : parameter_uses(network, derived)) {
    const Parameter& parameter = *network.find_parameter(name);
    const at::Tensor& value = parameter.value;
    if (!parameter.trainable || use.role != ParameterRole::gain || value.count_nonzero().item<int64_t>() == 0)
      continue;
    if (value.eq(1).all().item<bool>()) continue;
    reset.set_parameter(name, at::ones_like(value));
    any = true;
  }
  return any ? std::optional(std::move(reset)) : std::nullopt;
}

std::optional<Network> with_other_nonlinearity(const Network& network, const std::string& name,
                                               uint64_t seed) {
  if (name == "prelu") return with_learned_slopes(network);
  if (name != "relu") return {};
  const std::optional<Network> rewritten = with_nonlinearity(network, "Relu");
  return rewritten ? std::optional(initialize(*rewritten, "he", seed).network) : std::nullopt;
}

std::optional<Network> with_skips_and_norms(const Network& network, const ValueShapes& shapes,
                                            const Remedy& remedy) {
  std::optional<Network> normalized = network;
  if (!remedy.scheme.empty()) normalized = with_norms(network, shapes, remedy.scheme);
  return with_skips(normalized.value_or(network), shapes, remedy.value.value_or(1));
}

bool needs_shapes(Remedy::Kind kind) {
  return kind == Remedy::Kind::add_skips || kind == Remedy::Kind::add_norm;
}

std::optional<Network> changed_network(const Network& network, const ValueShapes& shapes,
                                       const Remedy& remedy, uint64_t seed) {
  switch (remedy.kind) {
    case Remedy::Kind::redraw:
      return redrawn(network, remedy, seed);
    case Remedy::Kind::scale_branches:
      return with_scaled_branches(network, remedy.value.value_or(1));
    case Remedy::Kind::add_skips:
      return with_skips_and_norms(network, shapes, remedy);
    case Remedy::Kind::add_norm:
      return with_norms(network, shapes, remedy.scheme);
    case Remedy::Kind::move_norm:
      return with_norms_in_branches(network);
    case Remedy::Kind::replace_nonlinearity:
      return with_other_nonlinearity(network, remedy.scheme, seed);
    case Remedy::Kind::bare_output:
      return with_bare_output(network);
    case Remedy::Kind::scale_layer:
      return with_scaled_layer(network, remedy);
    case Remedy::Kind::revive:
    case Remedy::Kind::break_symmetry:
      return with_constants_redrawn(network, seed);
    case Remedy::Kind::reset_gains:
      return with_gains_of_one(network);
    case Remedy::Kind::standardize_inputs:
      return network;
    case Remedy::Kind::widen:
    case Remedy::Kind::narrow_depth:
    case Remedy::Kind::raise_forget_bias:
    case Remedy::Kind::keep_recurrence:
    case Remedy::Kind::clip_gradients:
    case Remedy::Kind::export_again:
    case Remedy::Kind::look_at:
      return {};
  }
  return {};
}

// What comes first in a list of kinds that are made one after the other.
int turn(Remedy::Kind kind) {
  constexpr std::array kOrder = {Remedy::Kind::standardize_inputs, Remedy::Kind::replace_nonlinearity,
                                 Remedy::Kind::bare_output,        Remedy::Kind::redraw,
                                 Remedy::Kind::break_symmetry,     Remedy::Kind::revive,
                                 Remedy::Kind::reset_gains,        Remedy::Kind::move_norm,
                                 Remedy::Kind::add_norm,           Remedy::Kind::add_skips,
                                 Remedy::Kind::scale_branches,     Remedy::Kind::scale_layer};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), kind) - kOrder.begin());
}

}  // namespace

std::optional<Changed> changed(const Network& network, const Batch& batch, const Remedy& remedy,
                               uint64_t seed, const ValueShapes& shapes) {
  const bool runs = shapes.empty() && needs_shapes(remedy.kind);
  std::optional<Network> made =
      changed_network(network, runs ? output_shapes(network, batch) : shapes, remedy, seed);
  if (!made) return {};
  const bool scales = remedy.kind == Remedy::Kind::standardize_inputs;
  return Changed{std::move(*made), scales ? standardized(batch) : batch};
}

std::optional<Changed> changed(const Network& network, const Batch& batch, std::span<const Remedy> remedies,
                               uint64_t seed) {
  Changed made{network, batch};
  for (const Remedy& remedy : remedies) {
    std::optional<Changed> next = changed(made.network, made.batch, remedy, seed);
    if (!next) return {};
    made = std::move(*next);
  }
  return made;
}

void sort_for_making(std::vector<Remedy>& remedies) {
  std::stable_sort(remedies.begin(), remedies.end(),
                   [](const Remedy& a, const Remedy& b) { return turn(a.kind) < turn(b.kind); });
}

}  // namespace shatterproof
