// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <tuple>

#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/row_normalization.h"

namespace shatterproof {
namespace {

/// One number per channel, shaped to broadcast over [batch, channels, positions...].
at::Tensor per_channel(const at::Tensor& values, const at::Tensor& x) {
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim() - 1), 1);
  sizes[0] = x.size(1);
  return values.to(x.scalar_type()).reshape(sizes);
}

/// Each example's groups of channels to mean 0 and variance 1 over channels and positions, then times gain
/// plus bias, which hold `factors` numbers: one per channel or one per group.
std::vector<at::Tensor> in_groups(const OperatorCall& call, int64_t groups, int64_t factors) {
  const at::Tensor& given = floating_input(call, 0);
  if (given.dim() < 2 || groups < 1 || given.size(1) % groups != 0) {
    reject_call(call, "input is [batch, channels, positions...], its channels a multiple of the groups",
                fmt::format("{} in {} groups", shape_text(given.sizes()), groups));
  }
  for (size_t i = 1; i < 3; ++i) {
    if (floating_input(call, i).numel() != factors)
      reject_call(call, fmt::format("input {} has {} numbers", i, factors),
                  shape_text(call.inputs[i].sizes()));
  }
  const at::Tensor x = is_half(given) ? given.to(at::kFloat) : given;
  const int64_t group = x.size(1) / groups * c10::multiply_integers(x.sizes().slice(2));
  const at::Tensor rows = x.reshape({x.size(0), groups, group});
  const double epsilon = call.node.number("epsilon", 1e-5);
  const at::Tensor unit = normalized_rows(rows, 2, epsilon, {}, {}).reshape(x.sizes());
  const auto factor = [&](size_t i) {
    return per_channel(at::repeat_interleave(call.inputs[i].flatten(), x.size(1) / factors), x);
  };
  return {at::addcmul(factor(2), unit, factor(1)).to(given.scalar_type())};
}

std::vector<at::Tensor> instance_normalization(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const int64_t channels = x.dim() < 2 ? 0 : x.size(1);
  return in_groups(call, channels, channels);
}

/// Operator set 18 has a scale and bias per group, 21 per channel.
std::vector<at::Tensor> group_normalization(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const int64_t groups = call.node.integer("num_groups", 0);
  return in_groups(call, groups, call.node.opset < 21 || x.dim() < 2 ? groups : x.size(1));
}

/// x / ||x||_p along an axis; what has no norm stays 0.
std::vector<at::Tensor> lp_normalization(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const int64_t p = call.node.integer("p", 2);
  if (p != 1 && p != 2) reject_call(call, "p is 1 or 2", fmt::format("{}", p));
  const int64_t axis = axis_of(call, call.node.integer("axis", -1), x.dim());
  const at::Tensor norm = at::linalg_vector_norm(x, p, at::IntArrayRef(axis), /*keepdim=*/true);
  return {x / norm.masked_fill(norm.detach().eq(0), 1)};
}

/// (x - mean) / (deviation + 1e-9) over `axes`. Over the batch its statistics are held like a mean's.
std::vector<at::Tensor> mean_variance_normalization(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const std::vector<int64_t> axes = axes_of(call, call.node.integers("axes", {0, 2, 3}), x.dim());
  const bool held = call.batch_norm == BatchStatistics::detached && is_over_batch(call, x, axes);
  MomentsOverBatch taken;
  if (held && call.statistics && call.statistics->mean.defined()) {
    taken = *call.statistics;
  } else {
    std::tie(taken.variance, taken.mean) =
        at::var_mean(held ? x.detach() : x, axes, /*unbiased=*/false, /*keepdim=*/true);
    if (held && call.statistics) *call.statistics = taken;
  }
  constexpr double kLeast = 1e-9;
  const at::Tensor constant = taken.variance.detach().eq(0);  // the root has no derivative there
  const at::Tensor deviation = at::sqrt(taken.variance.masked_fill(constant, 1)).masked_fill(constant, 0);
  return {(x - taken.mean) / (deviation + kLeast)};
}

constexpr OperatorRow kInstanceNormalizationRows[] = {
    {{"GroupNormalization", OperatorRole::normalization, true, 3, 3, group_normalization},
     {"18, 21", OrderRule::by_role, Export::rewritten}},
    {{"InstanceNormalization", OperatorRole::normalization, true, 3, 3, instance_normalization},
     {"6, 22", OrderRule::normalization}},
    {{"LpNormalization", OperatorRole::normalization, true, 1, 1, lp_normalization}, {"1, 22"}},
    {{"MeanVarianceNormalization", OperatorRole::normalization, true, 1, 1, mean_variance_normalization},
     {"9, 13"}},
};

}  // namespace

std::span<const OperatorRow> instance_normalization_operators() {
  return kInstanceNormalizationRows;
}

}  // namespace shatterproof
