// SPDX-License-Identifier: Apache-2.0
#include "network/operators/gate_activation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace shatterproof {
namespace {

using at::Tensor;

struct Row {
  std::string_view name;
  Tensor (*function)(const Tensor& x, double alpha, double beta);
  std::optional<double> alpha = std::nullopt, beta = std::nullopt;  // the defaults of those it has
};

const Row kGateActivationRows[] = {
    {"Affine", [](const Tensor& x, double a, double b) { return x * a + b; }, 1.0, 0.0},
    {"Elu", [](const Tensor& x, double a, double) { return at::elu(x, a); }, 1.0},
    {"HardSigmoid", [](const Tensor& x, double a, double b) { return at::clamp(x * a + b, 0, 1); }, 0.2, 0.5},
    {"LeakyRelu", [](const Tensor& x, double a, double) { return at::leaky_relu(x, a); }, 0.01},
    {"Relu", [](const Tensor& x, double, double) { return at::relu(x); }},
    {"ScaledTanh", [](const Tensor& x, double a, double b) { return at::tanh(x * b) * a; }, 1.0, 1.0},
    {"Sigmoid", [](const Tensor& x, double, double) { return at::sigmoid(x); }},
    {"Softplus",
     [](const Tensor& x, double, double) { return at::logaddexp(x, at::zeros({}, x.options())); }},
    {"Softsign", [](const Tensor& x, double, double) { return x / (1 + at::abs(x)); }},
    {"Tanh", [](const Tensor& x, double, double) { return at::tanh(x); }},
    {"ThresholdedRelu", [](const Tensor& x, double a, double) { return at::threshold(x, a, 0); }, 1.0},
};

const Row& row_of(const OperatorCall& call, const std::string& name) {
  const Row* row = std::find_if(std::begin(kGateActivationRows), std::end(kGateActivationRows),
                                [&](const Row& each) { return each.name == name; });
  if (row != std::end(kGateActivationRows)) return *row;
  std::vector<std::string_view> known;
  for (const Row& each : kGateActivationRows) known.push_back(each.name);
  reject_call(call, fmt::format("activations are {}", fmt::join(known, ", ")), name);
}

/// The next number of a list, or the default of a function that has one.
double next(const std::vector<double>& given, size_t& used, std::optional<double> otherwise) {
  if (!otherwise) return 0;
  return used < given.size() ? given[used++] : *otherwise;
}

}  // namespace

Tensor GateActivation::operator()(const Tensor& x) const {
  return function(clip > 0 ? at::clamp(x, -clip, clip) : x, alpha, beta);
}

std::vector<GateActivation> gate_activations(const OperatorCall& call, int64_t directions,
                                             const std::vector<std::string>& otherwise) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < directions; ++i) names.insert(names.end(), otherwise.begin(), otherwise.end());
  if (const auto found = call.node.attributes.find("activations"); found != call.node.attributes.end()) {
    const auto* given = std::get_if<std::vector<std::string>>(&found->second);
    if (!given || given->size() != names.size())
      reject_call(call, fmt::format("activations are {} names", names.size()),
                  given ? fmt::format("{}", given->size()) : "something else");
    names = *given;
  }
  const std::vector<double> alphas = call.node.numbers("activation_alpha");
  const std::vector<double> betas = call.node.numbers("activation_beta");
  size_t used_alphas = 0, used_betas = 0;
  std::vector<GateActivation> activations;
  for (const std::string& name : names) {
    const Row& row = row_of(call, name);
    activations.push_back({row.function, next(alphas, used_alphas, row.alpha),
                           next(betas, used_betas, row.beta), call.node.number("clip", 0.0)});
  }
  return activations;
}

}  // namespace shatterproof
