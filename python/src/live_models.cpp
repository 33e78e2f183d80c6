// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>
#include <torch/extension.h>

#include <sstream>

#include "bindings.h"
#include "live_source.h"
#include "network_of.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/results/writer.h"

namespace py = pybind11;

namespace shatterproof::python {
namespace {

// What Python hands over for one check or measurement.
struct Call {
  py::object live;
  Network graph;
  std::string description;
  Batch batch;
  RunOptions run;
  std::optional<BatchStatistics> batch_norm;
};

Call call_of(const py::object& live, const py::object& graph, const std::string& description,
             std::vector<at::Tensor> inputs, const std::optional<at::Tensor>& labels,
             const std::string& functional, const std::string& batch_norm, int64_t mini_batch, uint64_t seed) {
  Call call{live, network_of(graph), description, {}, {}, {}};
  call.batch.inputs = std::move(inputs);
  if (labels) call.batch.labels = *labels;
  call.run.functional = Functional::parse(functional);
  if (!batch_norm.empty()) call.batch_norm = parse_batch_statistics(batch_norm, "batch_norm");
  call.run.mini_batch = mini_batch;
  call.run.seed = seed;
  return call;
}

std::string measured(const py::object& live, const py::object& graph, const std::string& description,
                     const std::vector<std::string>& names, std::vector<at::Tensor> inputs,
                     const std::optional<at::Tensor>& labels, const std::string& functional,
                     const std::string& batch_norm, int64_t mini_batch, uint64_t seed) {
  Call call = call_of(live, graph, description, std::move(inputs), labels, functional, batch_norm, mini_batch, seed);
  LiveSource source(call.graph, live);
  std::ostringstream text;
  {
    const py::gil_scoped_release unlocked;
    MeasureRequest request;
    request.run = call.run;
    request.batch_norm = call.batch_norm;
    const Measured measured = measure(source, call.batch, names, request);
    ResultsWriter writer(text);
    for (const Reading& reading : measured.readings) writer.write(reading);
    writer.close();
  }
  return text.str();
}

std::vector<py::tuple> taps_of_live(const py::object& live, const py::object& graph) {
  LiveSource source(network_of(graph), live);
  std::vector<py::tuple> taps;
  for (const Tap& tap : source.taps({}))
    taps.push_back(py::make_tuple(tap.name, std::string(to_string(tap.kind)), tap.op, tap.depth, tap.layer));
  return taps;
}

}  // namespace

void bind_live_models(py::module_& module) {
  py::class_<LivePass>(module, "Pass")
      .def_property_readonly("with_gradients", &LivePass::with_gradients)
      .def("start_at", &LivePass::start_at, py::arg("tensor"))
      .def("observe", [](LivePass& pass, size_t tap, const std::vector<std::optional<at::Tensor>>& inputs, const at::Tensor& output) {
            std::vector<at::Tensor> given;
            for (const auto& input : inputs) given.push_back(input.value_or(at::Tensor()));
            pass.observe(tap, given, output);
          },
          py::arg("tap"), py::arg("inputs"), py::arg("output"));
  module.def("taps", &taps_of_live, py::arg("live"), py::arg("graph"));
  module.def("measure", &measured, py::arg("live"), py::arg("graph"), py::arg("description"), py::arg("names"),
             py::arg("inputs"), py::arg("labels"), py::arg("functional"), py::arg("batch_norm"),
             py::arg("mini_batch"), py::arg("seed"));
}

}  // namespace shatterproof::python
