// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/residual.h"

#include <fmt/format.h>

#include "architecture/skip_stack.h"
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

}  // namespace shatterproof
