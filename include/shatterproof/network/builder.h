// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Options of a linear map made by NetworkBuilder.
struct LinearOptions {
  std::string name;
  int64_t fan_in = 0;
  int64_t fan_out = 0;
  bool bias = false;
  std::string
      prescribed_scheme;  ///< see Parameter::prescribed_scheme; the bias gets `prescribed_bias_scheme`
  std::string prescribed_bias_scheme;  ///< "zeros" when empty
};

/// Options of a square two-dimensional convolution made by NetworkBuilder.
struct ConvolutionOptions {
  std::string name;
  int64_t channels_in = 0;
  int64_t channels_out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = 1;
  bool bias = false;
  std::string prescribed_scheme;
};

/// Makes a network node by node. Values are names; each call returns the name of the value it made.
///
/// New weights are zero until an initializer draws them. Normalizations are `none`, `center`, `batch` and
/// `layer` of the families: epsilon 0, gain 1, bias 0, no trainable parameters, unless `trainable_norms` is
/// set.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(std::string name) : network_(std::move(name)) {}

  bool trainable_norms = false;

  std::string input(const std::string& name, std::vector<int64_t> shape_of_example,
                    at::ScalarType dtype = at::kFloat);
  std::string parameter(const std::string& name, at::Tensor value, bool trainable,
                        std::string prescribed_scheme = "");
  std::string constant(const std::string& name, double value);

  /// x [batch, fan_in] -> x W^T + b [batch, fan_out], as Gemm with transB.
  std::string linear(const std::string& x, const LinearOptions& options);
  /// x [batch, ..., fan_in] -> x W [batch, ..., fan_out], as MatMul, W stored as [fan_in, fan_out].
  std::string linear_per_token(const std::string& x, const std::string& name, int64_t fan_in, int64_t fan_out,
                               const std::string& prescribed_scheme = "");
  std::string convolution(const std::string& x, const ConvolutionOptions& options);
  /// `kind` is none, center, batch or layer; `units` its channels (or features, for layer).
  std::string normalization(const std::string& x, const std::string& name, const std::string& kind,
                            int64_t units);
  /// relu, prelu, leaky_relu, tanh, selu, gelu or identity; with `crelu` the concatenation of it at z and at
  /// -z. `slope`: below 0, of a prelu (0.25 unless given; one that trains) or a leaky_relu (0.01). Throws
  /// std::invalid_argument on another kind, and on a slope of one without.
  std::string activation(const std::string& x, const std::string& name, const std::string& kind,
                         bool crelu = false, std::optional<double> slope = {});
  /// factor * x; x itself when factor is 1.
  std::string scale(const std::string& x, const std::string& name, double factor);
  std::string add(const std::string& a, const std::string& b, const std::string& name);
  /// Any other node with one output, named `name`.
  std::string node(const std::string& op, const std::string& name, std::vector<std::string> inputs,
                   std::map<std::string, Attribute> attributes = {});

  void output(const std::string& value) { network_.add_output(value); }
  Network build() { return std::move(network_); }

 private:
  Network network_;
};

}  // namespace shatterproof
