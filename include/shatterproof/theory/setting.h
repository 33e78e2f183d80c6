// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shatterproof {

/// What theory needs to know of a network of a built-in family and of what runs through it.
///
/// The families are feedforward, residual, highway and shallow; white_noise and brown_noise stand for
/// gradients that are noise, without a network.
struct Setting {
  std::string family = "feedforward";
  std::string norm = "none";  ///< none, center, batch or layer
  std::string activation = "relu";
  std::optional<double> slope;          ///< below 0, of prelu and leaky_relu; their own unless given
  std::string batch_norm = "detached";  ///< statistics of `center` and `batch`: detached or attached
  int64_t depth = 50;                   ///< rectifier layers, L
  int64_t width = 200;                  ///< N
  int64_t input = 1;                    ///< numbers per example; a scalar x is embedded, v x + b
  int64_t output = 1;
  bool crelu = false;
  std::string count = "rectifier";     ///< what depth counts: rectifier layers, or linear maps
  std::string embedding = "gaussian";  ///< v: gaussian, N(0, 1) per unit; or ones
  double bias_std = 1;                 ///< of b, N(0, bias_std^2) per unit
  double hidden_bias_std = 0;  ///< feedforward: of biases of hidden linear maps; theory speaks of 0 only
  std::string readout = "gaussian";  ///< gaussian, N(0, 1/N); or sum
  double alpha = 1, beta = 1;        ///< residual: of skip and branch together, of the branch
  int64_t layers_per_block = 1;      ///< residual: rectifier layers on a branch, 1 or 2
  double gamma1 = 0, gamma2 = 1;     ///< highway: of the skip, of the branch
  int64_t examples = 256;            ///< B
  /// "gaussian": independent standard normal inputs; "grid:-2:2:256": points in their order, scalar inputs.
  std::string inputs = "gaussian";
  /// he, lecun or orthogonal (its gain sqrt 2 before a rectifier, else 1), or another that theory passes
  /// over.
  std::string initializer = "he";

  bool operator==(const Setting&) const = default;
};

/// Takes "gaussian", "gaussian:N" or "grid:FROM:TO:POINTS" for the inputs; a number of examples in it
/// replaces `examples`. Throws std::invalid_argument on anything else, on a grid that does not go up, and on
/// fewer than 2 examples.
void set_inputs(Setting& setting, std::string_view inputs);

/// The same; false, and the setting is as it was, where that throws.
bool set_inputs_if_known(Setting& setting, std::string_view inputs);

/// Evenly spaced points from `from` to `to`.
struct InputGrid {
  double from = 0, to = 0;
  int64_t points = 0;
};
/// What `setting.inputs` says. Throws std::invalid_argument unless it is a grid.
InputGrid input_grid(const Setting& setting);
bool runs_on_grid(const Setting& setting);

}  // namespace shatterproof
