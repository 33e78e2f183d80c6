// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

/// Each target's class, 0 in place of the ignored ones.
at::Tensor classes_of(const OperatorCall& call, const at::Tensor& target, const at::Tensor& ignored,
                      int64_t count) {
  if (!at::isIntegralType(target.scalar_type(), /*includeBool=*/false))
    reject_call(call, "input 1 holds integers", c10::toString(target.scalar_type()));
  const at::Tensor classes = target.to(at::kLong).masked_fill(ignored, 0);
  if (classes.numel() > 0 && at::logical_or(classes < 0, classes >= count).any().item<bool>())
    reject_call(call, fmt::format("classes lie in [0, {})", count), "others");
  return classes;
}

/// -w_t x_t of each example's and position's class t; its mean is divided by the sum of w_t.
at::Tensor negative_log_likelihood(const OperatorCall& call, const at::Tensor& log_probabilities) {
  const at::Tensor target = input_of(call, 1).to(log_probabilities.device());
  const at::Tensor ignored = call.node.has("ignore_index")
                                 ? target.eq(call.node.integer("ignore_index", 0))
                                 : at::zeros_like(target, target.options().dtype(at::kBool));
  const int64_t count = log_probabilities.size(1);
  const at::Tensor classes = classes_of(call, target, ignored, count);
  std::vector<int64_t> sizes = log_probabilities.sizes().vec();
  sizes.erase(sizes.begin() + 1);
  if (classes.sizes() != at::IntArrayRef(sizes))
    reject_call(call, fmt::format("targets are {}", shape_text(sizes)), shape_text(classes.sizes()));
  const at::Tensor picked = log_probabilities.gather(1, classes.unsqueeze(1)).squeeze(1);
  at::Tensor weight = at::ones_like(picked);
  if (has_input(call, 2)) {
    const at::Tensor& given = floating_input(call, 2);
    if (given.dim() != 1 || given.numel() != count)
      reject_call(call, fmt::format("weights are [{}]", count), shape_text(given.sizes()));
    weight = given.index_select(0, classes.flatten()).reshape(sizes);
  }
  weight = weight.masked_fill(ignored, 0);
  const at::Tensor loss = -weight * picked.masked_fill(ignored, 0);
  const std::string reduction = call.node.text("reduction", "mean");
  if (reduction == "none") return loss;
  if (reduction == "sum") return loss.sum();
  if (reduction == "mean") return loss.sum() / weight.sum();
  reject_call(call, "reduction is none, mean or sum", reduction);
}

void check_classes(const OperatorCall& call, const at::Tensor& x) {
  if (x.dim() < 2) reject_call(call, "input is [batch, classes, positions...]", shape_text(x.sizes()));
}

std::vector<at::Tensor> negative_log_likelihood_loss(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  check_classes(call, x);
  return {negative_log_likelihood(call, x)};
}

std::vector<at::Tensor> softmax_cross_entropy_loss(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  check_classes(call, x);
  const at::Tensor log_probabilities = at::log_softmax(x, 1);
  return {negative_log_likelihood(call, log_probabilities), log_probabilities};
}

constexpr OperatorRow kLossRows[] = {
    {{"NegativeLogLikelihoodLoss", OperatorRole::pooling, true, 2, 3, negative_log_likelihood_loss},
     {"12, 13, 22"}},
    {{"SoftmaxCrossEntropyLoss", OperatorRole::attention, true, 2, 3, softmax_cross_entropy_loss},
     {"12, 13"}},
};

}  // namespace

std::span<const OperatorRow> loss_operators() {
  return kLossRows;
}

}  // namespace shatterproof
