// SPDX-License-Identifier: Apache-2.0
#include "network_of.h"

#include <pybind11/stl.h>
#include <torch/extension.h>

#include <set>

#include "shatterproof/network/network.h"

namespace py = pybind11;

namespace shatterproof::python {
namespace {

Attribute attribute_of(const py::handle& value) {
  if (py::isinstance<py::int_>(value)) return value.cast<int64_t>();
  if (py::isinstance<py::float_>(value)) return value.cast<double>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  return value.cast<std::vector<int64_t>>();
}

// Axis 0 and the others are free: a graph says what depends on what.
Input input_of(const std::string& name, const at::Tensor& example) {
  return {name, std::vector<int64_t>(static_cast<size_t>(example.dim()), -1), example.scalar_type()};
}

}  // namespace

Network network_of(const py::object& graph) {
  Network network("model");
  for (const auto& [name, tensor] : graph.attr("inputs").cast<py::dict>())
    network.add_input(input_of(name.cast<std::string>(), tensor.cast<at::Tensor>()));
  const auto trainable = graph.attr("trainable").cast<std::set<std::string>>();
  for (const auto& [key, tensor] : graph.attr("parameters").cast<py::dict>()) {
    const auto name = key.cast<std::string>();
    network.add_parameter({name, tensor.cast<at::Tensor>(), trainable.contains(name), ""});
  }
  for (const py::handle given : graph.attr("nodes")) {
    Node node;
    node.name = given.attr("name").cast<std::string>();
    node.op = given.attr("op").cast<std::string>();
    node.inputs = given.attr("inputs").cast<std::vector<std::string>>();
    node.outputs = given.attr("outputs").cast<std::vector<std::string>>();
    for (const auto& [key, value] : given.attr("attributes").cast<py::dict>())
      node.attributes.emplace(key.cast<std::string>(), attribute_of(value));
    network.add_node(std::move(node));
  }
  for (const auto& value : graph.attr("outputs").cast<std::vector<std::string>>()) network.add_output(value);
  return network;
}

}  // namespace shatterproof::python
