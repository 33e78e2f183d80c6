// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/constants.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// What is computed of constants to know their numbers; larger ones are weights, not constants of a formula.
constexpr int64_t kMostNumbers = int64_t{1} << 16;

bool gives_sizes(const std::string& op) {
  return op == "Shape" || op == "Size" || op == "ConstantOfShape" || op == "EyeLike" ||
         op == "RandomUniformLike" || op == "RandomNormalLike";
}

// Nodes that hand on the numbers of their first input, whatever the others say of sizes and types.
bool keeps_numbers(const std::string& op) {
  static const std::set<std::string> kOps = {"Cast",    "CastLike", "Identity", "Unsqueeze", "Squeeze",
                                             "Reshape", "Expand",   "Flatten",  "Tile"};
  return kOps.contains(op);
}

}  // namespace

Constants::Constants(const Network& network) : network_(network) {
  for (const Input& input : network.inputs()) varying_.insert(input.name);
  for (const Node& node : network.nodes()) {
    if (gives_sizes(node.op)) continue;
    const size_t read = keeps_numbers(node.op) || node.op == "Pad" ? 1 : node.inputs.size();
    const bool any =
        std::any_of(node.inputs.begin(),
                    node.inputs.begin() + static_cast<std::ptrdiff_t>(std::min(read, node.inputs.size())),
                    [&](const std::string& value) { return varying_.contains(value); });
    if (any) varying_.insert(node.outputs.begin(), node.outputs.end());
  }
  varying_.erase("");
}

const ConstantValue& Constants::computed(const std::string& value) const {
  if (const auto known = known_.find(value); known != known_.end()) return known->second;
  ConstantValue result;
  const int64_t from = network_.producer(value);
  if (const Parameter* parameter = network_.find_parameter(value)) {
    result = {parameter->value, parameter->trainable};
  } else if (from >= 0 && !varies(value)) {
    const Node& node = network_.nodes()[static_cast<size_t>(from)];
    if (node.op == "ConstantOfShape") {
      const auto filled = node.attributes.find("value");
      const at::Tensor* fill =
          filled == node.attributes.end() ? nullptr : std::get_if<at::Tensor>(&filled->second);
      result.value = fill ? fill->reshape({-1})[0] : at::zeros({});
    } else if (keeps_numbers(node.op)) {
      result = computed(node.inputs[0]);
      if (result.value.defined() && result.value.numel() != 1) {
        // Of more than one number the shape matters; where it is not known the order of them still is.
        std::vector<at::Tensor> inputs = {result.value};
        bool known = true;
        for (size_t i = 1; i < node.inputs.size(); ++i) {
          inputs.push_back(node.inputs[i].empty() ? at::Tensor() : computed(node.inputs[i]).value);
          known = known && (node.inputs[i].empty() || inputs.back().defined());
        }
        if (known && result.value.numel() <= kMostNumbers) {
          try {
            result.value = evaluate({node, inputs})[0];
          } catch (const std::exception&) {
          }
        }
      }
    } else {
      std::vector<at::Tensor> inputs;
      bool known = node.outputs.size() == 1;
      for (const std::string& input : node.inputs) {
        const ConstantValue read = input.empty() ? ConstantValue() : computed(input);
        known = known && (input.empty() || (read.value.defined() && read.value.numel() <= kMostNumbers));
        result.trains = result.trains || read.trains;
        inputs.push_back(read.value);
      }
      if (known) {
        try {
          result.value = evaluate({node, inputs})[0];
        } catch (const std::exception&) {
          result.value = at::Tensor();
        }
      }
    }
  }
  return known_[value] = result;
}

const ConstantValue* Constants::find(const std::string& value) const {
  if (value.empty() || varies(value)) return nullptr;
  const ConstantValue& constant = computed(value);
  return constant.value.defined() ? &constant : nullptr;
}

std::optional<double> Constants::number(const std::string& value) const {
  const ConstantValue* constant = find(value);
  if (!constant || constant->value.numel() == 0) return {};
  const at::Tensor numbers = constant->value.reshape({-1});
  const double first = numbers[0].to(at::kDouble).item<double>();
  if (numbers.numel() > 1 && (numbers.numel() > kMostNumbers || !numbers.eq(numbers[0]).all().item<bool>()))
    return {};
  return first;
}

std::optional<std::vector<int64_t>> Constants::integers(const std::string& value) const {
  const ConstantValue* constant = find(value);
  if (!constant || constant->value.is_floating_point() || constant->value.numel() > kMostNumbers) return {};
  const at::Tensor numbers = constant->value.reshape({-1}).to(at::kLong).contiguous();
  return std::vector<int64_t>(numbers.data_ptr<int64_t>(), numbers.data_ptr<int64_t>() + numbers.numel());
}

bool Constants::is_fixed_number(const std::string& value) const {
  const ConstantValue* constant = find(value);
  return constant && !constant->trains && constant->value.numel() == 1;
}

}  // namespace shatterproof
