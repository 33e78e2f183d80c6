// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

/// Which half of a weight repeats the other with its sign reversed; see looks_linear.h.
struct Mirror {
  bool inputs = false;   ///< (C, -C) along columns, of a convolution along its channels in
  bool outputs = false;  ///< (C; -C) along rows, the units
  /// The g of rho(z) - rho(-z) = g z of the halves it reads; the weight is divided by it.
  double input_gain = 1;
};

/// A weight to be drawn, in canonical orientation whatever the stored layout is.
struct WeightShape {
  std::string name;
  /// Dense: [matrices..., fan_out, fan_in]. Convolution: [channels out, channels in / groups, kernel...].
  /// Anything else, as a bias: its own sizes, with no fan.
  std::vector<int64_t> sizes;
  int64_t matrices = 1;  ///< independent matrices, as in a batched MatMul
  int64_t kernel = 1;    ///< positions of the kernel, k^2 in two dimensions
  int64_t fan_in = 0;    ///< inputs per unit, kernel included; 0 when there is none
  int64_t fan_out = 0;   ///< units
  /// Whether the layer reads what a rectifier (Relu, LeakyRelu, PRelu) made, or its output enters one.
  bool meets_rectifier = false;
  std::vector<int64_t> strides;  ///< of a convolution, per axis of its kernel; empty for a dense weight
  int64_t groups = 1;            ///< of a convolution
  int64_t state = 0;             ///< units of the state, of a recurrent layer; else 0
  /// Whether the centre of a convolution's kernel comes to lie on every position of the input once: stride 1
  /// and half a kernel of padding.
  bool keeps_positions = true;
  Mirror mirror;

  bool is_convolution() const { return !strides.empty(); }
};

/// The block C that a mirrored weight consists of: half the columns, half the rows; the shape itself when
/// nothing is mirrored.
WeightShape core_of(const WeightShape& shape);

/// The weight that repeats `core`, of `core_of(shape)`: exact negatives, whatever the scheme that drew it.
///
///   C;   (C, -C) / g;   (C; -C);   ((C, -C); (-C, C)) / g
at::Tensor mirrored(const at::Tensor& core, const WeightShape& shape);

}  // namespace shatterproof
