// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "shatterproof/network/node.h"

namespace shatterproof {

struct ConformanceValue {
  std::string name;
  bool is_bfloat16 = false;  ///< whose bits the official files store as uint16
};

/// One official ONNX test: a model, read literally, with its types as they stand in the file.
struct ConformanceModel {
  std::vector<Node> nodes;
  std::map<std::string, at::Tensor> initializers;
  std::vector<ConformanceValue> inputs, outputs;  ///< without the initializers
};

/// Thrown with the reason why a test is not for this operator table.
struct NotInScope {
  std::string reason;
};

/// Throws NotInScope when an operator is not in the table or a value is no tensor of numbers.
ConformanceModel read_conformance_model(const std::filesystem::path& file);

/// The tensor of a `.pb` file, which stands for `value`. Throws NotInScope when it holds no numbers.
at::Tensor read_conformance_tensor(const std::filesystem::path& file, const ConformanceValue& value);

}  // namespace shatterproof
