// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/residual.h"

#include <fmt/format.h>

#include "architecture/family_options.h"
#include "architecture/records.h"
#include "architecture/skip_stack.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

void require_whole_blocks(const ResidualOptions& options) {
  if (options.layers_per_block != 1 && options.layers_per_block != 2) {
    reject("residual", "layers_per_block must be 1 or 2", std::to_string(options.layers_per_block));
  }
  // Counting linear maps, the first and the last lie on no block.
  const int64_t on_blocks = options.depth - (options.count == DepthCount::linear_maps ? 2 : 0);
  if (on_blocks % options.layers_per_block != 0) {
    reject("residual", "two layers per block need an even depth", fmt::format("depth={}", options.depth));
  }
}

// The scheme that draws the matrices of the skips; empty for the identity.
std::string matrix_scheme(const ResidualOptions& options) {
  if (options.skip == "identity") return "";
  if (options.skip != "gaussian" && options.skip != "orthogonal")
    reject_unknown("residual", "skip", options.skip, {"identity", "gaussian", "orthogonal"});
  if (options.layers_per_block != 2) {
    reject("residual", "a skip with a matrix is one beside two layers per block",
           fmt::format("layers_per_block={}", options.layers_per_block));
  }
  return options.skip == "gaussian" ? "lecun" : "orthogonal:gain=1";
}

// Matrices of skips are as they are drawn.
Network with_fixed_matrices(Network network) {
  std::vector<std::string> fixed;
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.name.ends_with(".matrix.weight")) fixed.push_back(parameter.name);
  }
  for (const std::string& name : fixed) network.set_trainable(name, false);
  return network;
}

}  // namespace

Network residual(const ResidualOptions& options) {
  require_whole_blocks(options);
  const BlockScales scales = {1, options.beta, options.alpha, matrix_scheme(options)};
  const int64_t matrices = options.depth + (scales.matrix.empty() ? 0 : options.depth / 2);
  DenseStack stack("residual", options, options.count, numbers_in_stack(options, matrices));
  const int64_t per_block = options.layers_per_block;
  if (options.count == DepthCount::linear_maps) {
    const std::string last = layer_name(options.depth);
    Units x = stack.linear(stack.input(options.width), layer_name(1), options.width, "lecun");
    for (int64_t l = 2; l < options.depth; l += per_block) {
      x = skip_block(stack, x, l, l + per_block - 1, scales);
    }
    return with_fixed_matrices(stack.finish(stack.linear(stack.rectified(x, last), last, options.output)));
  }
  Units x = first_state(stack, options.width);
  for (int64_t l = 1; l <= options.depth; l += per_block) {
    x = skip_block(stack, x, l, l + per_block - 1, scales);
  }
  return with_fixed_matrices(stack.read_out(x));
}

ResidualOptions residual_options(const Spec& values) {
  ResidualOptions options;
  const PresetRecord* preset = preset_of(values);
  if (preset) apply(*preset, options);
  if (preset) options.layers_per_block = 2;
  read_fully_connected(values, options);
  options.count = count_of(values, preset != nullptr);
  options.alpha = values.number("alpha", options.alpha);
  options.beta = values.number("beta", options.beta);
  options.layers_per_block = values.count("layers_per_block", options.layers_per_block, 1, 2);
  options.skip = values.word("skip", options.skip);
  values.reject_unread();
  require_valid(values.name(), options, options.count);
  require_whole_blocks(options);
  matrix_scheme(options);
  return options;
}

FamilyRecord residual_family() {
  return {
      "residual",
      "Skips around pre-activation branches.",
      "x_l = alpha (x_{l-1} + beta W_l rho(N(x_{l-1})))",
      "Balduzzi et al. 2017, equation 2; He et al. 2016",
      fully_connected_options({{"alpha", "1", "factor of skip and branch together"},
                               {"beta", "1", "factor of the branch"},
                               {"layers_per_block", "1", "rectifier layers on a branch, 1 or 2"},
                               {"skip", "identity", "identity, or a fixed matrix: gaussian or orthogonal"},
                               count_option(),
                               preset_option()}),
      [](const Spec& values) { return residual(residual_options(values)); }};
}

}  // namespace shatterproof
