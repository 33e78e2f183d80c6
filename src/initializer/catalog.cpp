// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/catalog.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/initializer/delta_orthogonal.h"
#include "shatterproof/initializer/gaussian.h"
#include "shatterproof/initializer/looks_linear.h"
#include "shatterproof/initializer/orthogonal.h"

namespace shatterproof {
namespace {

void require_fan(const Spec& options, const WeightShape& shape) {
  if (shape.fan_in > 0) return;
  reject(options.name(), "only the weight of a linear map has a fan-in", fmt::format("'{}'", shape.name));
}

template <double (*Std)(const WeightShape&)>
at::Tensor draw_scaled(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  require_fan(options, shape);
  return gaussian_weight(shape.sizes, Std(shape), stream);
}

at::Tensor draw_gaussian(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  return gaussian_weight(shape.sizes, options.not_negative("std", 1), stream);
}

template <at::Tensor (*Weight)(const WeightShape&, double, const RandomStream&)>
at::Tensor draw_orthogonal(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  require_fan(options, shape);
  const bool chosen = options.word("gain", "auto") != "auto";
  return Weight(shape, chosen ? options.not_negative("gain", 1) : orthogonal_gain(shape), stream);
}

at::Tensor draw_looks_linear(const Spec& options, const WeightShape& shape,
                             const RandomStream& stream) {
  require_fan(options, shape);
  return looks_linear_core(shape, stream);
}

at::Tensor draw_constant(const Spec& options, const WeightShape& shape, const RandomStream&) {
  return at::full(shape.sizes, options.number("value", 0), at::kFloat);
}

template <int Value>
at::Tensor draw_fixed(const Spec&, const WeightShape& shape, const RandomStream&) {
  return at::full(shape.sizes, Value, at::kFloat);
}

const OptionRecord& gain_option() {
  static const OptionRecord option = {
      "gain", "auto", "factor; auto is sqrt 2 where the layer meets a rectifier, 1 otherwise"};
  return option;
}

}  // namespace

std::span<const InitializerRecord> initializers() {
  static const std::vector<InitializerRecord> table = {
      {"he",
       "Keeps the size of activations through rectifiers.",
       "N(0, 2/fan_in)",
       "He et al. 2015",
       {},
       draw_scaled<he_std>},
      {"glorot",
       "A compromise between the sizes of activations and of gradients.",
       "N(0, 2/(fan_in + fan_out))",
       "Glorot and Bengio 2010",
       {},
       draw_scaled<glorot_std>},
      {"lecun",
       "Keeps the size of activations through linear maps.",
       "N(0, 1/fan_in)",
       "LeCun et al. 1998",
       {},
       draw_scaled<lecun_std>},
      {"gaussian",
       "One standard deviation for every weight.",
       "N(0, std^2)",
       "",
       {{"std", "1", "standard deviation"}},
       draw_gaussian},
      {"orthogonal",
       "Haar-distributed orthogonal matrices; orthonormal rows or columns when not square.",
       "gain Q, Q^T Q = 1 or Q Q^T = 1",
       "Saxe et al. 2014; Mezzadri 2007",
       {gain_option()},
       draw_orthogonal<orthogonal_weight>,
       orthogonal_shortfall},
      {"delta_orthogonal",
       "Convolutions that preserve norms: zero but for an orthogonal matrix at the centre; dense weights as "
       "orthogonal.",
       "w[:, :, centre] = gain Q, Q^T Q = 1 or Q Q^T = 1",
       "Xiao et al. 2018",
       {gain_option()},
       draw_orthogonal<delta_orthogonal_weight>,
       delta_orthogonal_shortfall},
      {"looks_linear",
       "A network that is linear until training changes it: mirrored orthogonal weights, PReLU slopes 1.",
       "(W, -W) (rho(z); rho(-z)) = W z",
       "Balduzzi et al. 2017, section 5; Philipp et al. 2017",
       {},
       draw_looks_linear,
       looks_linear_shortfall,
       true},
      {"constant",
       "One number for every weight.",
       "value",
       "",
       {{"value", "0", "the number"}},
       draw_constant},
      {"zeros", "All weights zero.", "0", "", {}, draw_fixed<0>},
      {"ones", "All weights one.", "1", "", {}, draw_fixed<1>},
  };
  return table;
}

const InitializerRecord* find_initializer(std::string_view name) {
  for (const InitializerRecord& record : initializers()) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

}  // namespace shatterproof
