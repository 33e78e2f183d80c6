// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shatterproof/core/error.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {

int64_t Network::parameter_count() const {
  int64_t count = 0;
  for (const Parameter& parameter : parameters_) count += parameter.trainable ? parameter.value.numel() : 0;
  return count;
}

const Parameter* Network::find_parameter(const std::string& value) const {
  const auto found = origin_.find(value);
  if (found == origin_.end() || found->second.origin != Origin::parameter) return nullptr;
  return &parameters_[found->second.index];
}

int64_t Network::producer(const std::string& value) const {
  const auto found = origin_.find(value);
  if (found == origin_.end() || found->second.origin != Origin::node) return -1;
  return static_cast<int64_t>(found->second.index);
}

void Network::claim(const std::string& value, Origin origin, size_t index) {
  if (value.empty()) reject("network", "a value must have a name", "an empty name");
  if (!origin_.emplace(value, Place{origin, index}).second) {
    reject("network", "each value must have one producer", fmt::format("a second one for '{}'", value));
  }
}

void Network::add_input(Input input) {
  claim(input.name, Origin::input, inputs_.size());
  inputs_.push_back(std::move(input));
}

void Network::add_parameter(Parameter parameter) {
  claim(parameter.name, Origin::parameter, parameters_.size());
  parameters_.push_back(std::move(parameter));
}

void Network::add_node(Node node) {
  operator_of(node);
  for (const std::string& value : node.inputs) {
    if (!value.empty() && !has_value(value)) {
      reject(fmt::format("node '{}' ({})", printable(node.name), printable(node.op)),
             "every input must be produced before it is used", fmt::format("'{}'", value));
    }
  }
  for (const std::string& value : node.outputs) {
    if (!value.empty()) claim(value, Origin::node, nodes_.size());
  }
  nodes_.push_back(std::move(node));
}

void Network::add_output(const std::string& value) {
  if (!has_value(value))
    reject("network", "an output must be a value of the network", fmt::format("'{}'", value));
  outputs_.push_back(value);
}

void Network::set_parameter(const std::string& name, at::Tensor value) {
  const Parameter* found = find_parameter(name);
  if (!found) reject("set_parameter", "the network must have the parameter", fmt::format("'{}'", name));
  if (found->value.sizes() != value.sizes()) {
    reject(fmt::format("set_parameter '{}'", name),
           fmt::format("shape must stay [{}]", fmt::join(found->value.sizes(), ", ")),
           fmt::format("[{}]", fmt::join(value.sizes(), ", ")));
  }
  parameters_[origin_.at(name).index].value = std::move(value);
}

void Network::set_trainable(const std::string& name, bool trainable) {
  if (!find_parameter(name))
    reject("set_trainable", "the network must have the parameter", fmt::format("'{}'", name));
  parameters_[origin_.at(name).index].trainable = trainable;
}

}  // namespace shatterproof
