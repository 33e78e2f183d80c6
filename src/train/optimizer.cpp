// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/optimizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/network/layer.h"
#include "train/torch_optimizer.h"

namespace shatterproof {
namespace {

struct Row {
  OptimizerRecord record;
  MakeTorchOptimizer* make;
};

OptionRecord weight_decay_option() {
  return {"weight_decay", "0", "decay times the parameter is added to its gradient"};
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {{"sgd",
        "Steepest descent, with momentum where it is given.",
        "v <- momentum v + g;   w <- w - rate v",
        "",
        {{"momentum", "0", "part of the last step that goes into the next"},
         {"nesterov", "false", "the gradient where the momentum leads"},
         weight_decay_option()}},
       make_sgd},
      {{"adam",
        "Steps of the size of the rate, whatever the size of gradients.",
        "w <- w - rate m' / (sqrt(v') + epsilon);   m, v running means of g and g^2, m', v' without their "
        "bias",
        "Kingma and Ba 2015",
        {{"beta1", "0.9", "what m keeps of itself each step"},
         {"beta2", "0.999", "what v keeps of itself each step"},
         {"epsilon", "1e-08", "added to sqrt(v')"},
         weight_decay_option()}},
       make_adam},
      {{"rmsprop",
        "Gradients divided by their running quadratic mean.",
        "w <- w - rate g / (sqrt(v) + epsilon);   v running mean of g^2",
        "Tieleman and Hinton 2012",
        {{"decay", "0.99", "what v keeps of itself each step"},
         {"momentum", "0", "part of the last step that goes into the next"},
         {"epsilon", "1e-08", "added to sqrt(v)"},
         weight_decay_option()}},
       make_rmsprop},
  };
  return table;
}

std::unique_ptr<TorchOptimizer> make_torch(std::string_view spec, const std::vector<at::Tensor>& parameters) {
  const Spec values = Spec::parse(spec);
  std::vector<std::string> known;
  for (const Row& row : rows()) {
    known.push_back(row.record.name);
    if (row.record.name != values.name()) continue;
    std::unique_ptr<TorchOptimizer> made = row.make(values, parameters);
    values.reject_unread();
    return made;
  }
  reject_unknown("optimizer", "optimizer", values.name(), known);
}

std::string layer_of(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

// The factor of each parameter: its own, or its layer's.
std::vector<double> factors_for(const std::vector<TrainableParameter>& parameters,
                                const LearningRateFactors& factors) {
  LearningRateFactors unused = factors;
  std::vector<double> found(parameters.size(), 1);
  for (size_t i = 0; i < parameters.size(); ++i) {
    for (const std::string& name : {layer_of(parameters[i].name), parameters[i].name}) {
      const auto factor = factors.find(name);
      if (factor == factors.end()) continue;
      if (!std::isfinite(factor->second) || factor->second < 0) {
        reject("learning rate of '" + name + "'", "a factor must be a number from 0 on",
               fmt::format("{}", factor->second));
      }
      found[i] = factor->second;
      unused.erase(name);
    }
  }
  if (!unused.empty()) {
    reject("learning rates", "a factor must name a trainable parameter or its layer",
           "'" + unused.begin()->first + "'");
  }
  return found;
}

// Where a curve may have read a layer: at its output, or at the sum that its branch ends in.
std::vector<std::string> places_of(const Network& network, const Structure& derived, const Layer& layer) {
  std::vector<size_t> nodes = {layer.node, layer.output};
  if (layer.residual_sum) nodes.push_back(derived.residual_sums[*layer.residual_sum].node);
  std::vector<std::string> places;
  for (const size_t node : nodes) {
    places.push_back(network.nodes()[node].name);
    places.push_back(network.nodes()[node].outputs[0]);
  }
  return places;
}

}  // namespace

std::span<const OptimizerRecord> optimizers() {
  static const std::vector<OptimizerRecord> table = [] {
    std::vector<OptimizerRecord> records;
    for (const Row& row : rows()) records.push_back(row.record);
    return records;
  }();
  return table;
}

LearningRateFactors learning_rate_factors(const Network& network, const Reading& curve) {
  if (!curve.is_defined()) reject("learning rates", "the curve must be defined", curve.undefined);
  const Structure derived = structure(network);
  const double largest =
      curve.values.empty() ? 0 : *std::max_element(curve.values.begin(), curve.values.end());
  std::map<std::string, double> unused;
  for (size_t i = 0; i < curve.values.size() && i < curve.x_labels.size(); ++i) {
    if (!(curve.values[i] > 0)) {
      reject("learning rates", "every value must be positive",
             fmt::format("{} at '{}'", curve.values[i], curve.x_labels[i]));
    }
    unused[curve.x_labels[i]] = curve.values[i] / largest;
  }
  const std::map<std::string, double> all = unused;
  LearningRateFactors factors;
  double factor = 1;
  for (auto layer = derived.layers.rbegin(); layer != derived.layers.rend(); ++layer) {
    for (const std::string& place : places_of(network, derived, *layer)) {
      const auto found = all.find(place);
      if (found == all.end()) continue;
      factor = found->second;
      unused.erase(place);
    }
    for (const std::string& name : {layer->weight, layer->bias}) {
      const Parameter* parameter = network.find_parameter(name);
      if (parameter && parameter->trainable) factors[name] = factor;
    }
  }
  if (!unused.empty())
    reject("learning rates", "every place must be a layer", "'" + unused.begin()->first + "'");
  if (all.empty()) reject("learning rates", "the curve must name its places", curve.name);
  return factors;
}

struct Optimizer::Torch {
  std::vector<TrainableParameter> parameters;
  std::vector<double> factors;
  std::unique_ptr<TorchOptimizer> optimizer;
};

Optimizer::Optimizer(std::string_view spec, std::vector<TrainableParameter> parameters,
                     const LearningRateFactors& factors)
    : torch_(std::make_unique<Torch>()) {
  torch_->factors = factors_for(parameters, factors);
  std::vector<at::Tensor> values;
  for (const TrainableParameter& parameter : parameters) values.push_back(parameter.value);
  torch_->optimizer = make_torch(spec, values);
  torch_->parameters = std::move(parameters);
}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;

void Optimizer::step(double learning_rate) {
  std::vector<double> rates;
  for (const double factor : torch_->factors) rates.push_back(learning_rate * factor);
  torch_->optimizer->step(rates);
}

void Optimizer::forget_gradients() {
  for (const TrainableParameter& parameter : torch_->parameters) parameter.value.mutable_grad().reset();
}

std::map<std::string, at::Tensor> Optimizer::state() const {
  std::map<std::string, at::Tensor> state;
  for (const TrainableParameter& parameter : torch_->parameters) {
    for (auto& [name, tensor] : torch_->optimizer->memory(parameter.value))
      state[parameter.name + "/" + name] = tensor;
  }
  return state;
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& state) {
  size_t used = 0;
  for (const TrainableParameter& parameter : torch_->parameters) {
    std::map<std::string, at::Tensor> memory;
    const std::string prefix = parameter.name + "/";
    for (auto entry = state.lower_bound(prefix); entry != state.end() && entry->first.starts_with(prefix);
         ++entry) {
      const std::string name = entry->first.substr(prefix.size());
      if (name.find('/') == std::string::npos) memory[name] = entry->second;
    }
    used += memory.size();
    if (!memory.empty()) torch_->optimizer->remember(parameter.value, memory);
  }
  if (used != state.size()) {
    reject("optimizer", "a state must be one of these parameters",
           fmt::format("{} others", state.size() - used));
  }
}

}  // namespace shatterproof
