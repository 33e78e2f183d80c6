// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "shatterproof/network/operator.h"

namespace shatterproof {

/// A node to evaluate, written in one line.
struct NodeText {
  std::string op;
  int64_t opset = 17;
  std::map<std::string, Attribute> attributes = {};
  size_t outputs = 1;

  Node node(size_t inputs) const {
    Node made{"node_1", op, opset, {}, {}, attributes};
    for (size_t i = 0; i < inputs; ++i) made.inputs.push_back("in" + std::to_string(i));
    for (size_t i = 0; i < outputs; ++i) made.outputs.push_back("out" + std::to_string(i));
    return made;
  }
};

inline std::vector<at::Tensor> outputs_of(const NodeText& text, const std::vector<at::Tensor>& inputs,
                                          BatchStatistics batch_norm = BatchStatistics::stored) {
  const Node node = text.node(inputs.size());
  return evaluate({node, inputs, batch_norm});
}

inline at::Tensor output_of(const NodeText& text, const std::vector<at::Tensor>& inputs,
                            BatchStatistics batch_norm = BatchStatistics::stored) {
  return outputs_of(text, inputs, batch_norm).at(0);
}

/// What the evaluation refuses with; empty when it does not.
inline std::string refusal_of(const NodeText& text, const std::vector<at::Tensor>& inputs) {
  try {
    outputs_of(text, inputs);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

inline at::Tensor floats(const std::vector<double>& values, at::IntArrayRef sizes) {
  return at::tensor(values, at::kDouble).to(at::kFloat).reshape(sizes);
}
inline at::Tensor floats(const std::vector<double>& values) {
  return floats(values, {static_cast<int64_t>(values.size())});
}
inline at::Tensor integers(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong);
}

/// Same type, same shape, same numbers (NaN equal to NaN).
inline bool identical(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         at::allclose(a.to(at::kDouble), b.to(at::kDouble), 0, 0, /*equal_nan=*/true);
}

}  // namespace shatterproof
