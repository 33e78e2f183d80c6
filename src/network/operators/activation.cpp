// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> relu(const OperatorCall& call) {
  return {at::relu(input_of(call, 0))};
}

std::vector<at::Tensor> leaky_relu(const OperatorCall& call) {
  return {at::leaky_relu(floating_input(call, 0), call.node.number("alpha", 0.01))};
}

/// Whether the slope is one number per channel, axis 1 of x. Before operator set 7 a list always was.
bool is_per_channel(const OperatorCall& call, const at::Tensor& slope, const at::Tensor& x) {
  if (x.dim() < 2 || slope.numel() != x.size(1) || slope.dim() > x.dim()) return false;
  if (call.node.opset < 7 && slope.dim() == 1) return true;
  const int64_t channel_axis = 1 - (x.dim() - slope.dim());
  return channel_axis >= 0 && slope.size(channel_axis) == x.size(1);
}

std::vector<at::Tensor> prelu(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::Tensor& slope = input_of(call, 1);
  const bool fused = x.is_floating_point() && slope.scalar_type() == x.scalar_type();
  if (fused && slope.numel() == 1 && !slope.requires_grad() && slope.device().is_cpu()) {
    return {at::leaky_relu(x, slope.item())};
  }
  if (fused && slope.numel() == 1) return {at::prelu(x, slope.reshape({1}))};
  if (fused && is_per_channel(call, slope, x)) return {at::prelu(x, slope.reshape({x.size(1)}))};
  if (at::infer_size(x.sizes(), slope.sizes()) != x.sizes()) {
    reject_call(call, fmt::format("slope broadcasts to {}", shape_text(x.sizes())),
                shape_text(slope.sizes()));
  }
  return {at::where(x < 0, x * slope, x)};
}

std::vector<at::Tensor> elu(const OperatorCall& call) {
  return {at::elu(floating_input(call, 0), call.node.number("alpha", 1.0))};
}

std::vector<at::Tensor> selu(const OperatorCall& call) {
  // Defaults of the operator set: the float32 neighbours of the constants of Klambauer et al. (2017).
  const double alpha = call.node.number("alpha", 1.67326319217681884765625);
  const double gamma = call.node.number("gamma", 1.05070102214813232421875);
  return {at::elu(floating_input(call, 0), alpha, gamma)};
}

std::vector<at::Tensor> gelu(const OperatorCall& call) {
  const std::string approximate = call.node.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    reject_call(call, "approximate is none or tanh", approximate);
  return {at::gelu(floating_input(call, 0), approximate)};
}

std::vector<at::Tensor> sigmoid(const OperatorCall& call) {
  return {at::sigmoid(floating_input(call, 0))};
}

std::vector<at::Tensor> tanh(const OperatorCall& call) {
  return {at::tanh(floating_input(call, 0))};
}

std::vector<at::Tensor> erf(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  return {at::erf(x).to(x.scalar_type())};
}

std::vector<at::Tensor> clip(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  std::optional<at::Scalar> least, most;
  if (call.node.opset < 11) {
    if (call.node.has("min")) least = call.node.number("min", 0);
    if (call.node.has("max")) most = call.node.number("max", 0);
  } else {
    const bool has_least = has_input(call, 1), has_most = has_input(call, 2);
    const bool differentiated =
        (has_least && call.inputs[1].requires_grad()) || (has_most && call.inputs[2].requires_grad());
    if (differentiated) {
      if (has_least && has_most) return {at::clamp(x, call.inputs[1], call.inputs[2])};
      return {has_least ? at::clamp_min(x, call.inputs[1]) : at::clamp_max(x, call.inputs[2])};
    }
    if (has_least) least = scalar_input(call, 1);
    if (has_most) most = scalar_input(call, 2);
  }
  if (least && most) return {at::clamp(x, *least, *most)};
  if (least) return {at::clamp_min(x, *least)};
  return {most ? at::clamp_max(x, *most) : x};
}

std::vector<at::Tensor> celu(const OperatorCall& call) {
  return {at::celu(floating_input(call, 0), call.node.number("alpha", 1.0))};
}

std::vector<at::Tensor> hard_sigmoid(const OperatorCall& call) {
  const at::Tensor line =
      floating_input(call, 0) * call.node.number("alpha", 0.2) + call.node.number("beta", 0.5);
  return {at::clamp(line, 0, 1)};
}

at::Tensor softplus(const at::Tensor& x) {
  return at::logaddexp(x, at::zeros({}, x.options()));  // exact also where at::softplus gives x itself
}

at::Tensor softsign(const at::Tensor& x) {
  return x / (1 + at::abs(x));
}

std::vector<at::Tensor> thresholded_relu(const OperatorCall& call) {
  return {at::threshold(floating_input(call, 0), call.node.number("alpha", 1.0), 0)};
}

/// x moved towards 0 by `bias` outside [-lambd, lambd], 0 inside.
std::vector<at::Tensor> shrink(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const double bound = call.node.number("lambd", 0.5), bias = call.node.number("bias", 0.0);
  const at::Tensor moved = x - at::sign(x) * bias;
  return {moved.masked_fill(at::abs(x).le(bound), 0).to(x.scalar_type())};
}

/// x sigmoid(alpha x).
std::vector<at::Tensor> swish(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const double alpha = call.node.number("alpha", 1.0);
  return {alpha == 1 ? at::silu(x) : x * at::sigmoid(x * alpha)};
}

constexpr OperatorRow kActivationRows[] = {
    {{"Celu", OperatorRole::nonlinearity, true, 1, 1, celu}, {"12"}},
    {{"Clip", OperatorRole::nonlinearity, true, 1, 3, clip},
     {"6, 11, 12, 13", OrderRule::by_role, Export::rewritten}},
    {{"Elu", OperatorRole::nonlinearity, true, 1, 1, elu}, {"6, 22"}},
    {{"Erf", OperatorRole::nonlinearity, true, 1, 1, erf}, {"9, 13"}},
    {{"Gelu", OperatorRole::nonlinearity, true, 1, 1, gelu}, {"20", OrderRule::by_role, Export::rewritten}},
    {{"HardSigmoid", OperatorRole::nonlinearity, true, 1, 1, hard_sigmoid}, {"6, 22"}},
    {{"HardSwish", OperatorRole::nonlinearity, true, 1, 1, floating<at::hardswish>}, {"14, 22"}},
    {{"LeakyRelu", OperatorRole::nonlinearity, true, 1, 1, leaky_relu}, {"6, 16"}},
    {{"Mish", OperatorRole::nonlinearity, true, 1, 1, floating<at::mish>},
     {"18, 22", OrderRule::by_role, Export::rewritten}},
    {{"PRelu", OperatorRole::nonlinearity, true, 2, 2, prelu}, {"7, 9, 16"}},
    {{"Relu", OperatorRole::nonlinearity, true, 1, 1, relu}, {"6, 13, 14"}},
    {{"Selu", OperatorRole::nonlinearity, true, 1, 1, selu}, {"6, 22"}},
    {{"Shrink", OperatorRole::nonlinearity, true, 1, 1, shrink}, {"9"}},
    {{"Sigmoid", OperatorRole::nonlinearity, true, 1, 1, sigmoid}, {"6, 13"}},
    {{"Softplus", OperatorRole::nonlinearity, true, 1, 1, floating<softplus>}, {"1, 22"}},
    {{"Softsign", OperatorRole::nonlinearity, true, 1, 1, floating<softsign>}, {"1, 22"}},
    {{"Swish", OperatorRole::nonlinearity, true, 1, 1, swish}, {"24", OrderRule::by_role, Export::rewritten}},
    {{"Tanh", OperatorRole::nonlinearity, true, 1, 1, tanh}, {"6, 13"}},
    {{"ThresholdedRelu", OperatorRole::nonlinearity, true, 1, 1, thresholded_relu}, {"10, 22"}},
};

}  // namespace

std::span<const OperatorRow> activation_operators() {
  return kActivationRows;
}

}  // namespace shatterproof
