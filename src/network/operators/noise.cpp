// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

enum class Law { normal, uniform };

/// Numbers that a node draws anew at every run in training: here the same at every run, addressed by the
/// node's seed and name, so that what is measured can be measured again.
at::Tensor drawn(const OperatorCall& call, Law law, at::IntArrayRef sizes) {
  check_size(call, sizes, sizeof(double));
  at::Tensor numbers = at::empty(sizes, at::kDouble);
  const auto seed = static_cast<uint64_t>(call.node.number("seed", 0));
  const RandomStream stream(seed, call.node.name);
  const std::span<double> out(numbers.data_ptr<double>(), static_cast<size_t>(numbers.numel()));
  if (law == Law::normal) {
    stream.gaussian(out);
    return numbers * call.node.number("scale", 1) + call.node.number("mean", 0);
  }
  stream.uniform(out);
  const double low = call.node.number("low", 0);
  return numbers * (call.node.number("high", 1) - low) + low;
}

template <Law law>
std::vector<at::Tensor> drawn_in_shape(const OperatorCall& call) {
  const at::ScalarType type = scalar_type(call, call.node.integer("dtype", 1));
  return {drawn(call, law, call.node.integers("shape")).to(type)};
}

template <Law law>
std::vector<at::Tensor> drawn_like(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::ScalarType type =
      call.node.has("dtype") ? scalar_type(call, call.node.integer("dtype", 1)) : x.scalar_type();
  return {drawn(call, law, x.sizes()).to(x.device(), type)};
}

/// One with probability x, else zero.
std::vector<at::Tensor> bernoulli(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const at::ScalarType type =
      call.node.has("dtype") ? scalar_type(call, call.node.integer("dtype", 1)) : x.scalar_type();
  return {drawn(call, Law::uniform, x.sizes()).to(x.device()).lt(x).to(type)};
}

constexpr OperatorRow kNoiseRows[] = {
    {{"Bernoulli", OperatorRole::shape, false, 1, 1, bernoulli}, {"15, 22"}},
    {{"RandomNormal", OperatorRole::shape, false, 0, 0, drawn_in_shape<Law::normal>},
     {"1, 22", OrderRule::by_role, Export::alike, shape_attribute_bound}},
    {{"RandomNormalLike", OperatorRole::shape, false, 1, 1, drawn_like<Law::normal>}, {"1, 22"}},
    {{"RandomUniform", OperatorRole::shape, false, 0, 0, drawn_in_shape<Law::uniform>},
     {"1, 22", OrderRule::by_role, Export::alike, shape_attribute_bound}},
    {{"RandomUniformLike", OperatorRole::shape, false, 1, 1, drawn_like<Law::uniform>}, {"1, 22"}},
};

}  // namespace

std::span<const OperatorRow> noise_operators() {
  return kNoiseRows;
}

}  // namespace shatterproof
