// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>
#include <torch/extension.h>

#include <map>
#include <memory>

#include "bindings.h"
#include "network_of.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "shatterproof/report/html.h"

namespace py = pybind11;

namespace shatterproof::python {
namespace {

std::map<std::string, at::Tensor> parameters_of(const Network& network) {
  std::map<std::string, at::Tensor> parameters;
  for (const Parameter& parameter : network.parameters())
    if (parameter.trainable) parameters.emplace(parameter.name, parameter.value);
  return parameters;
}

// The parameters that got new numbers, and what of them is not as the scheme promises.
py::tuple initialized(const py::object& graph, const std::string& scheme, uint64_t seed) {
  const Network before = network_of(graph);
  const Initialization after = initialize(before, scheme, seed);
  std::map<std::string, at::Tensor> drawn;
  for (const Parameter& parameter : after.network.parameters()) {
    if (!parameter.value.is_same(before.find_parameter(parameter.name)->value))
      drawn.emplace(parameter.name, parameter.value);
  }
  return py::make_tuple(drawn, after.notes);
}

}  // namespace

void bind_networks(py::module_& module) {
  py::class_<Network, std::shared_ptr<Network>>(module, "Network")
      .def_property_readonly("name", &Network::name)
      .def_property_readonly("parameter_count", &Network::parameter_count)
      .def_property_readonly("parameters", &parameters_of)
      .def_property_readonly("operators",
                             [](const Network& network) {
                               std::vector<std::string> operators;
                               for (const Node& node : network.nodes()) operators.push_back(node.op);
                               return operators;
                             })
      .def(
          "initialized",
          [](const Network& network, const std::string& scheme, uint64_t seed) {
            return initialize(network, scheme, seed).network;
          },
          py::arg("scheme"), py::arg("seed") = 1)
      .def(
          "save", [](const Network& network, const std::string& path) { export_onnx(network, path); },
          py::arg("path"));
  module.def(
      "load", [](const std::string& path) { return import_onnx(path, {}).network; }, py::arg("path"));
  module.def(
      "family", [](const std::string& spec) { return build_family(spec); }, py::arg("spec"));
  module.def("initialized", &initialized, py::arg("graph"), py::arg("scheme"), py::arg("seed"));
  module.def("html_report", &html_report, py::arg("results"), py::arg("measurements"));
}

}  // namespace shatterproof::python
