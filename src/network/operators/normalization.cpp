// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <numeric>
#include <tuple>

#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/row_normalization.h"
#include "network/operators/unit_moments.h"

namespace shatterproof {
namespace {

/// One number per unit, shaped to broadcast over [batch, units, positions...].
at::Tensor per_unit(const at::Tensor& values, const at::Tensor& x) {
  if (x.dim() == 2) return values;
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim() - 1), 1);
  sizes[0] = values.numel();
  return values.reshape(sizes);
}

/// gain (x - mean) / sqrt(variance + epsilon) + bias with constant statistics; a unit without variance gives
/// its bias.
///
/// As one multiplication and addition whose factors need no derivative, so that autograd keeps no copy of x.
at::Tensor with_statistics(const at::Tensor& x, const UnitMoments& moments, double epsilon,
                           const at::Tensor& gain, const at::Tensor& bias) {
  const UnitMap map = normalizing_map(moments, epsilon, gain, bias);
  return at::addcmul(per_unit(map.shift, x), x, per_unit(map.scale, x));
}

/// The same with the batch's statistics, differentiated through.
at::Tensor with_own_statistics(const at::Tensor& x, double epsilon, const at::Tensor& gain,
                               const at::Tensor& bias) {
  // Rounding gives a constant unit a tiny variance, which division by it would blow up to noise of size 1.
  const at::Tensor constant = constant_units(x);
  const at::Tensor safe_gain = constant.defined() ? gain.masked_fill(constant, 0) : gain;
  return std::get<0>(
      at::native_batch_norm(x, safe_gain, bias, {}, {}, /*training=*/true, /*momentum=*/0.0, epsilon));
}

/// Statistics of `detached`: those given, else the batch's, which are then kept.
UnitMoments held_statistics(const OperatorCall& call, const at::Tensor& x) {
  if (!call.statistics) return unit_moments(x);
  if (!call.statistics->mean.defined()) {
    const UnitMoments taken = unit_moments(x);
    *call.statistics = {taken.mean, taken.variance};
  }
  return {call.statistics->mean, call.statistics->variance};
}

struct Normalized {
  at::Tensor y;
  UnitMoments batch;    ///< the batch's moments where they are asked for
  UnitMoments running;  ///< the stored ones, moved towards them
};

Normalized normalized(const OperatorCall& call, const at::Tensor& x, const at::Tensor& gain,
                      const at::Tensor& bias, const UnitMoments& stored) {
  const double epsilon = call.node.number("epsilon", 1e-5);
  if (call.batch_norm == BatchStatistics::stored) {
    return {with_statistics(x, stored, epsilon, gain, bias), stored, stored};
  }
  Normalized result;
  if (call.batch_norm == BatchStatistics::detached) {
    result.batch = held_statistics(call, x);
    result.y = with_statistics(x, result.batch, epsilon, gain, bias);
  } else {
    result.y = with_own_statistics(x, epsilon, gain, bias);
  }
  if (call.node.outputs.size() > 1) {
    if (!result.batch.mean.defined()) result.batch = unit_moments(x);
    const double kept = call.node.number("momentum", 0.9);
    result.running = {stored.mean * kept + result.batch.mean * (1 - kept),
                      stored.variance * kept + result.batch.variance * (1 - kept)};
  }
  return result;
}

/// `x` as [batch, units, positions...]: before operator set 9, spatial = 0 made every position a unit.
at::Tensor in_units(const OperatorCall& call, const at::Tensor& x) {
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  if (x.dim() == 1) return x.unsqueeze(1);
  return call.node.opset < 9 && call.node.integer("spatial", 1) == 0 ? x.flatten(1) : x;
}

std::vector<at::Tensor> batch_normalization(const OperatorCall& call) {
  const at::Tensor& given = floating_input(call, 0);
  const at::Tensor units = in_units(call, given);
  const at::Tensor x = is_half(units) ? units.to(at::kFloat) : units;
  std::vector<at::Tensor> per_unit_inputs;
  for (size_t i = 1; i < 5; ++i) {
    const at::Tensor& values = floating_input(call, i);
    if (values.numel() != x.size(1)) {
      reject_call(call, fmt::format("input {} has one number per unit, {}", i, x.size(1)),
                  shape_text(values.sizes()));
    }
    per_unit_inputs.push_back(values.to(x.scalar_type()));
    if (values.dim() != 1) per_unit_inputs.back() = per_unit_inputs.back().reshape({x.size(1)});
  }
  const Normalized result =
      normalized(call, x, per_unit_inputs[0], per_unit_inputs[1], {per_unit_inputs[2], per_unit_inputs[3]});
  std::vector<at::Tensor> outputs = {result.y.to(given.scalar_type())};
  if (given.sizes() != x.sizes()) outputs[0] = outputs[0].reshape(given.sizes());
  const UnitMoments& batch = result.batch;
  const UnitMoments& running = result.running;
  for (const at::Tensor& moment : {running.mean, running.variance, batch.mean, batch.variance}) {
    const size_t like = outputs.size() % 2 == 1 ? 3 : 4;
    outputs.push_back(moment.defined()
                          ? moment.to(call.inputs[like].scalar_type()).reshape(call.inputs[like].sizes())
                          : moment);
  }
  return outputs;
}

void check_factor(const OperatorCall& call, const at::Tensor& factor, at::IntArrayRef row) {
  if (factor.defined() && at::infer_size(factor.sizes(), row) != row) {
    reject_call(call, fmt::format("scale and bias fit {}", shape_text(row)), shape_text(factor.sizes()));
  }
}

std::vector<at::Tensor> layer_normalization(const OperatorCall& call) {
  const at::Tensor& given = floating_input(call, 0);
  if (given.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", -1), given.dim());
  const at::Tensor x = is_half(given) ? given.to(at::kFloat) : given;
  const at::Tensor gain = floating_input(call, 1).to(x.scalar_type());
  const at::Tensor bias = has_input(call, 2) ? floating_input(call, 2).to(x.scalar_type()) : at::Tensor();
  check_factor(call, gain, x.sizes().slice(static_cast<size_t>(axis)));
  check_factor(call, bias, x.sizes().slice(static_cast<size_t>(axis)));
  const double epsilon = call.node.number("epsilon", 1e-5);
  const at::Tensor y = normalized_rows(x, axis, epsilon, gain, bias);
  if (call.node.outputs.size() < 2) return {y.to(given.scalar_type())};
  // Not those of the fused operation, which autograd does not differentiate.
  std::vector<int64_t> axes(static_cast<size_t>(x.dim() - axis));
  std::iota(axes.begin(), axes.end(), axis);
  const auto [variance, mean] = at::var_mean(x, axes, /*unbiased=*/false, /*keepdim=*/true);
  const at::ScalarType stash = scalar_type(call, call.node.integer("stash_type", 1));
  return {y.to(given.scalar_type()), mean.to(stash), at::rsqrt(variance + epsilon).to(stash)};
}

/// gain x / sqrt(mean of x^2 + epsilon) over the axes from `axis` on.
std::vector<at::Tensor> rms_normalization(const OperatorCall& call) {
  const at::Tensor& given = floating_input(call, 0);
  if (given.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", -1), given.dim());
  const at::Tensor x = is_half(given) ? given.to(at::kFloat) : given;
  const at::Tensor gain = floating_input(call, 1).to(x.scalar_type());
  check_factor(call, gain, x.sizes().slice(static_cast<size_t>(axis)));
  std::vector<int64_t> axes(static_cast<size_t>(x.dim() - axis));
  std::iota(axes.begin(), axes.end(), axis);
  const at::Tensor mean = at::mean(at::square(x), axes, /*keepdim=*/true) + call.node.number("epsilon", 1e-5);
  return {(x * at::rsqrt(mean) * gain).to(given.scalar_type())};
}

/// y_c = x_c / (bias + alpha / size * sum of x_k^2 over the `size` channels around c)^beta.
std::vector<at::Tensor> lrn(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const int64_t size = call.node.integer("size", 0);
  if (x.dim() < 2) reject_call(call, "input is [batch, channels, positions...]", shape_text(x.sizes()));
  if (size < 1) reject_call(call, "size is positive", fmt::format("{}", size));
  const int64_t batch = x.size(0), channels = x.size(1);
  // Channels further away than there are channels do not exist; the sum is still divided by the given size.
  const int64_t before = std::min((size - 1) / 2, channels), after = std::min(size / 2, channels);
  const int64_t reach = before + after + 1;
  const at::Tensor squares =
      at::square(x).reshape({batch, 1, channels, c10::multiply_integers(x.sizes().slice(2))});
  const at::Tensor around =
      at::avg_pool2d(at::constant_pad_nd(squares, {0, 0, before, after}), {reach, 1}, {1, 1});
  const double factor =
      call.node.number("alpha", 1e-4) * static_cast<double>(reach) / static_cast<double>(size);
  const at::Tensor base = around.reshape(x.sizes()) * factor + call.node.number("bias", 1.0);
  return {x * at::pow(base, -call.node.number("beta", 0.75))};
}

constexpr OperatorRow kNormalizationRows[] = {
    {{"BatchNormalization", OperatorRole::normalization, true, 5, 5, batch_normalization},
     {"7, 9, 14, 15", OrderRule::normalization, Export::rewritten}},
    {{"LRN", OperatorRole::normalization, true, 1, 1, lrn}, {"1, 13", OrderRule::gate}},
    {{"LayerNormalization", OperatorRole::normalization, true, 2, 3, layer_normalization},
     {"17", OrderRule::normalization}},
    {{"RMSNormalization", OperatorRole::normalization, true, 2, 2, rms_normalization},
     {"23", OrderRule::by_role, Export::rewritten}},
};

}  // namespace

std::span<const OperatorRow> normalization_operators() {
  return kNormalizationRows;
}

}  // namespace shatterproof
