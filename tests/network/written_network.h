// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "shatterproof/network/builder.h"

namespace shatterproof {

/// Writes networks node by node as exporters do: every call makes a node and returns its value.
class Written {
 public:
  Written() : builder("written") {}

  NetworkBuilder builder;

  std::string name(const std::string& stem) { return stem + "_" + std::to_string(++count_); }
  std::string node(const std::string& op, std::vector<std::string> inputs,
                   std::map<std::string, Attribute> attributes = {}) {
    return builder.node(op, name(op), std::move(inputs), std::move(attributes));
  }
  /// One number, as a parameter of rank 0.
  std::string c(double value) {
    return builder.parameter(name("c"), at::scalar_tensor(value, at::kFloat), false);
  }
  /// The same as a Constant node of shape [1].
  std::string constant_node(double value) {
    return node("Constant", {}, {{"value", at::full({1}, value, at::kFloat)}});
  }
  std::string integers(std::vector<int64_t> values) {
    return builder.parameter(name("shape"), at::tensor(values, at::kLong), false);
  }
  /// A trainable parameter of ones with small deviations.
  std::string trainable(std::vector<int64_t> sizes) {
    at::Tensor value = at::ones(sizes);
    value.view({-1})[0] += .25;
    return builder.parameter(name("p"), value, true);
  }
  std::string add(const std::string& a, const std::string& b) { return node("Add", {a, b}); }
  std::string sub(const std::string& a, const std::string& b) { return node("Sub", {a, b}); }
  std::string mul(const std::string& a, const std::string& b) { return node("Mul", {a, b}); }
  std::string div(const std::string& a, const std::string& b) { return node("Div", {a, b}); }
  std::string mean(const std::string& a, std::vector<int64_t> axes) {
    return node("ReduceMean", {a}, {{"axes", std::move(axes)}});
  }
  /// x [batch, fan_in] -> [batch, fan_out] by Gemm, with a weight and a bias that train.
  std::string linear(const std::string& x, int64_t fan_in, int64_t fan_out) {
    const std::string stem = name("linear");
    return builder.linear(x, {.name = stem, .fan_in = fan_in, .fan_out = fan_out, .bias = true});
  }

 private:
  int count_ = 0;
};

}  // namespace shatterproof
