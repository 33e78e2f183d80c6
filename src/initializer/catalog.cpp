// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/catalog.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

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

at::Tensor draw_distributed(const Spec& options, const WeightShape& shape, double std,
                            const RandomStream& stream) {
  const std::string word = options.word("distribution", "normal");
  if (word == "normal") return gaussian_weight(shape.sizes, std, stream);
  if (word == "uniform") return uniform_weight(shape.sizes, std::sqrt(3.) * std, stream);
  if (word == "truncated") return truncated_gaussian_weight(shape.sizes, std / kTruncatedStd, stream);
  reject_unknown(options.name(), "distribution", word, {"normal", "uniform", "truncated"});
}

template <double (*Std)(const WeightShape&)>
at::Tensor draw_scaled(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  require_fan(options, shape);
  return draw_distributed(options, shape, options.not_negative("gain", 1) * Std(shape), stream);
}

// Weights and biases alike.
at::Tensor draw_pytorch(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  require_fan(options, shape);
  return uniform_weight(shape.sizes, std::sqrt(3.) * pytorch_std(shape), stream);
}

at::Tensor draw_truncated(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
  return truncated_gaussian_weight(shape.sizes, options.not_negative("std", .02), stream);
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

at::Tensor draw_looks_linear(const Spec& options, const WeightShape& shape, const RandomStream& stream) {
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

const OptionRecord& distribution_option() {
  static const OptionRecord option = {"distribution", "normal",
                                      "normal, uniform, or truncated (a Gaussian cut off at 2 of its "
                                      "standard deviations), all of that variance"};
  return option;
}

const OptionRecord& factor_option() {
  static const OptionRecord option = {"gain", "1", "factor of the standard deviation"};
  return option;
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
       {distribution_option(), factor_option()},
       draw_scaled<he_std>},
      {"glorot",
       "A compromise between the sizes of activations and of gradients.",
       "N(0, 2/(fan_in + fan_out))",
       "Glorot and Bengio 2010",
       {distribution_option(), factor_option()},
       draw_scaled<glorot_std>},
      {"lecun",
       "Keeps the size of activations through linear maps.",
       "N(0, 1/fan_in)",
       "LeCun et al. 1998",
       {distribution_option(), factor_option()},
       draw_scaled<lecun_std>},
      {"gaussian",
       "One standard deviation for every weight.",
       "N(0, std^2)",
       "",
       {{"std", "1", "standard deviation"}},
       draw_gaussian},
      {"truncated_normal",
       "One standard deviation for every weight, none beyond two of them.",
       "N(0, std^2), |w| < 2 std",
       "",
       {{"std", "0.02", "standard deviation before what lies beyond two of it is drawn again"}},
       draw_truncated},
      {"pytorch",
       "What PyTorch's layers start from: without norms, each rectifier layer keeps .41 of the signal.",
       "U(-1/sqrt(fan_in), 1/sqrt(fan_in)), biases too; of recurrent layers 1/sqrt(units)",
       "torch.nn.Linear, torch.nn.Conv2d, torch.nn.LSTM",
       {},
       draw_pytorch,
       nullptr,
       false,
       draw_pytorch},
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

std::span<const InitializerAlias> initializer_aliases() {
  static const std::vector<InitializerAlias> table = {
      {"kaiming", "he"},
      {"kaiming_normal", "he:distribution=normal"},
      {"kaiming_uniform", "he:distribution=uniform"},
      {"he_normal", "he:distribution=normal"},
      {"he_uniform", "he:distribution=uniform"},
      {"xavier", "glorot"},
      {"xavier_normal", "glorot:distribution=normal"},
      {"xavier_uniform", "glorot:distribution=uniform"},
      {"glorot_normal", "glorot:distribution=normal"},
      {"glorot_uniform", "glorot:distribution=uniform"},
      {"lecun_normal", "lecun:distribution=normal"},
      {"lecun_uniform", "lecun:distribution=uniform"},
      {"keras", "glorot:distribution=uniform"},
      {"normal", "gaussian"},
  };
  return table;
}

std::string resolved_scheme(std::string_view scheme) {
  const size_t colon = scheme.find(':');
  const std::string_view name = scheme.substr(0, colon);
  for (const InitializerAlias& alias : initializer_aliases()) {
    if (alias.name != name) continue;
    if (colon == scheme.npos) return alias.scheme;
    const char* joint = alias.scheme.find(':') == std::string::npos ? ":" : ",";
    return alias.scheme + joint + std::string(scheme.substr(colon + 1));
  }
  return std::string(scheme);
}

const InitializerRecord* find_initializer(std::string_view name) {
  for (const InitializerRecord& record : initializers()) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

}  // namespace shatterproof
