// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/network/node.h"

namespace shatterproof {

/// A named input of a network. Axis 0 is the batch: free (-1), or the size that the graph is frozen to. Other
/// axes may be free too.
struct Input {
  std::string name;
  std::vector<int64_t> shape;
  at::ScalarType dtype = at::kFloat;
  /// Of whole numbers that a table is read with: its rows, so that 0 to vocabulary - 1 may come in. 0: no
  /// such table is known.
  int64_t vocabulary = 0;
  /// `shape` with a size at every free axis but the batch, for whoever draws examples. Empty: nobody knows
  /// one.
  std::vector<int64_t> drawn_shape = {};
};

/// A named tensor that belongs to the network: weights, biases, gains, stored statistics, constants.
struct Parameter {
  std::string name;
  at::Tensor value;
  bool trainable = false;
  /// The scheme its family prescribes whatever the hidden layers get ("gaussian:std=1" for an embedding);
  /// else empty.
  std::string prescribed_scheme;
};

/// A graph of nodes with ONNX semantics over named parameters, in topological order.
///
/// Every value has one producer: an input, a parameter or a node. Copies are cheap: tensors are shared, and
/// `set_parameter` replaces a tensor rather than writing into it. The tensors of parameters live on the CPU.
class Network {
 public:
  explicit Network(std::string name = "network") : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const std::vector<Input>& inputs() const { return inputs_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Numbers in all trainable parameters.
  int64_t parameter_count() const;

  /// The parameter of that name, or nullptr.
  const Parameter* find_parameter(const std::string& value) const;
  /// Index of the node that produces the value, or -1 when an input or a parameter does or nothing does.
  int64_t producer(const std::string& value) const;
  /// Whether the name is an input, a parameter or an output of a node.
  bool has_value(const std::string& value) const { return origin_.contains(value); }

  /// Each throws std::invalid_argument when the name is taken or empty; add_node also when an input is not
  /// yet a value or the operator is unknown; add_output when the value is unknown.
  void add_input(Input input);
  void add_parameter(Parameter parameter);
  void add_node(Node node);
  void add_output(const std::string& value);
  /// Replaces a parameter's tensor. Throws std::invalid_argument when it is unknown or the shape differs.
  void set_parameter(const std::string& name, at::Tensor value);
  void set_trainable(const std::string& name, bool trainable);

 private:
  enum class Origin { input, parameter, node };
  struct Place {
    Origin origin;
    size_t index;
  };
  void claim(const std::string& value, Origin origin, size_t index);

  std::string name_;
  std::vector<Input> inputs_;
  std::vector<std::string> outputs_;
  std::vector<Node> nodes_;
  std::vector<Parameter> parameters_;
  std::unordered_map<std::string, Place> origin_;
};

}  // namespace shatterproof
