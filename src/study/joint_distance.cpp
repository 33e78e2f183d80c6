// SPDX-License-Identifier: Apache-2.0
#include "study/joint_distance.h"

#include <ATen/ATen.h>

#include "study/significance.h"

namespace shatterproof {
namespace {

constexpr double kSigmas = 4;
constexpr double kRounding = 1e-10;

at::Tensor tensor_of(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble);
}

}  // namespace

std::optional<JointDistance> joint_distance(const std::vector<Differences>& numbers) {
  std::vector<at::Tensor> rows;
  std::vector<double> shared, own;
  for (const Differences& number : numbers) {
    const at::Tensor row = tensor_of(number.by_seed);
    if (row.numel() < 2 || row.std().item<double>() <= kRounding * row.abs().max().item<double>()) continue;
    rows.push_back(row);
    shared.push_back(number.shared_error);
    own.push_back(number.own_error);
  }
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t seeds = rows.empty() ? 0 : rows.front().numel();
  if (count < 2 || seeds <= count) return {};
  const at::Tensor draws = at::stack(rows);
  const at::Tensor mean = draws.mean(1), centred = draws - mean.unsqueeze(1);
  const at::Tensor covariance = centred.mm(centred.t()) / static_cast<double>(seeds - 1);
  const at::Tensor deviation = covariance.diagonal().sqrt();
  const at::Tensor correlation = covariance / at::outer(deviation, deviation);
  const at::Tensor errors = tensor_of(shared);
  const at::Tensor error_covariance = covariance / static_cast<double>(seeds) +
                                      correlation * at::outer(errors, errors) +
                                      at::diag(tensor_of(own).square());
  const at::Tensor scale = error_covariance.diagonal().sqrt();
  const at::Tensor scaled = error_covariance / at::outer(scale, scale);
  if (at::linalg_eigvalsh(scaled).min().item<double>() < kRounding) return {};
  const at::Tensor distances = mean / scale;
  const double square = distances.dot(at::linalg_solve(scaled, distances)).item<double>();
  JointDistance found{.numbers = count};
  found.rest = static_cast<double>(seeds - count);
  found.f = square * found.rest / static_cast<double>(count * (seeds - 1));
  found.largest = largest_f(kSigmas, static_cast<double>(count), found.rest);
  return found;
}

}  // namespace shatterproof
