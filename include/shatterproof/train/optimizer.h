// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/results/reading.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// All that is said of an optimizer: help, docs and errors read this record and nothing else.
struct OptimizerRecord {
  std::string name, sentence, formula, reference;
  std::vector<OptionRecord> options;
};

/// Every optimizer. No other list of them exists.
std::span<const OptimizerRecord> optimizers();

/// Factors of the learning rate by name of a parameter, or of a layer: then of its weight and bias. Those
/// that are not named have 1; 0 keeps a parameter as it is.
using LearningRateFactors = std::map<std::string, double>;

/// Factors proportional to a curve with a value per layer, the largest being 1; a layer where the curve has
/// no place, within a branch, has that of the next one. Of `update_budget`, 1/GSC(k, 0), they give every
/// layer the relative step that the linear model of the error allows it.
///
/// Throws std::invalid_argument when the curve is undefined, has a value that is not positive, or names a
/// layer that the network does not have. [GE] section 4.
LearningRateFactors learning_rate_factors(const Network& network, const Reading& curve);

/// Changes parameters against their gradients: LibTorch's SGD, Adam and RMSprop.
class Optimizer {
 public:
  /// `spec` is a name of the list with its options, "adam:beta1=0.9,epsilon=1e-6". Throws
  /// std::invalid_argument on an unknown optimizer or option, a value out of range, and a factor that names
  /// nothing or is not a number from 0 on.
  Optimizer(std::string_view spec, std::vector<TrainableParameter> parameters,
            const LearningRateFactors& factors = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;

  /// One step from the gradients the parameters hold; one without a gradient stays as it is.
  void step(double learning_rate);
  void forget_gradients();

  /// What it remembers of earlier steps, by name: "layer_1.weight/first_moment". Tensors are shared.
  std::map<std::string, at::Tensor> state() const;
  /// Goes on from such a state. Throws std::invalid_argument when it is one of other parameters.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  struct Torch;
  std::unique_ptr<Torch> torch_;
};

}  // namespace shatterproof
