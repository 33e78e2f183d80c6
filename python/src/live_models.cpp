// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>
#include <torch/extension.h>

#include <sstream>

#include "bindings.h"
#include "cli/verdict.h"
#include "examine/altered.h"
#include "live_source.h"
#include "network_of.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/results/remedy.h"
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
             std::vector<at::Tensor> inputs, const std::string& inputs_text,
             const std::optional<at::Tensor>& labels, const std::string& functional,
             const std::string& batch_norm, int64_t mini_batch, bool along_path, uint64_t seed) {
  Call call{live, network_of(graph), description, {}, {}, {}};
  call.batch.inputs = std::move(inputs);
  call.batch.description = inputs_text;
  call.batch.along_path = along_path;
  if (labels) call.batch.labels = *labels;
  call.run.functional = Functional::parse(functional);
  if (!batch_norm.empty()) call.batch_norm = parse_batch_statistics(batch_norm, "batch_norm");
  // The model runs in its own type; what is made beside it is float64 where that is.
  for (const Parameter& parameter : call.graph.parameters())
    if (parameter.trainable && parameter.value.scalar_type() == at::kDouble) call.run.dtype = at::kDouble;
  call.run.mini_batch = mini_batch;
  call.run.seed = seed;
  return call;
}

std::string measured(TapSource& source, const Batch& batch, const Call& call,
                     const std::vector<std::string>& names) {
  std::ostringstream text;
  MeasureRequest request;
  request.run = call.run;
  request.batch_norm = call.batch_norm;
  const Measured measured = measure(source, batch, names, request);
  ContextRecord context = context_of_library();
  context.network = call.description;
  context.inputs = call.batch.description;
  context.examples = call.batch.examples();
  context.seed = call.run.seed;
  context.functional = call.run.functional.text();
  context.batch_norm =
      call.batch_norm ? std::string(to_string(*call.batch_norm)) : "as each measurement asks";
  ResultsWriter writer(text);
  writer.write(context);
  writer.write(graph_record(*source.graph()));
  for (const Reading& reading : measured.readings) writer.write(reading);
  writer.write(measured.coverage);
  writer.close();
  return text.str();
}

std::string measured_model(const Call& call, const std::vector<std::string>& names) {
  LiveSource source(call.graph, call.live);
  const py::gil_scoped_release unlocked;
  return measured(source, call.batch, call, names);
}

// After the change that a remedy speaks of; nothing where it cannot be made.
std::optional<std::string> measured_after(const Call& call, const std::string& kind,
                                          const std::string& scheme, std::optional<double> value,
                                          const std::vector<std::string>& names) {
  LiveSource source(call.graph, call.live);
  const py::gil_scoped_release unlocked;
  const Remedy remedy{.kind = parse_remedy_kind(kind), .layers = {}, .scheme = scheme, .value = value};
  const std::unique_ptr<Altered> made = altered(source, call.batch, remedy, call.run.seed);
  return made ? std::optional(measured(made->source(), made->batch(), call, names)) : std::nullopt;
}

LossInput loss_input(const std::string& word) {
  if (word == "class_logits") return LossInput::class_logits;
  if (word == "logits") return LossInput::logits;
  if (word == "broadcast") return LossInput::broadcast;
  return word == "log_probabilities" ? LossInput::log_probabilities : LossInput::unknown;
}

// The results file, whose the weights are and how they fared when they were tried, in words, and whether a
// training has moved them.
py::tuple checked(const Call& call, const std::string& scheme, int64_t seeds, const py::function& draw,
                  const std::optional<bool>& trained, double rehearsal_seconds,
                  const std::string& loss_takes) {
  LiveSource source(call.graph, call.live);
  std::ostringstream text;
  CheckOptions options;
  options.weights = {.scheme = scheme, .first_seed = call.run.seed, .count = seeds};
  options.functional = call.run.functional;
  options.dtype = call.run.dtype;
  options.batch_norm = call.batch_norm;
  options.mini_batch = call.run.mini_batch;
  if (trained) options.standing = *trained ? Provenance::State::trained : Provenance::State::fresh;
  options.loss_takes = loss_input(loss_takes);
  options.rehearses = rehearsal_seconds > 0;
  if (options.rehearses) options.rehearsal_seconds = rehearsal_seconds;
  const auto drawn = [&](uint64_t seed) {
    const py::gil_scoped_acquire lock;
    return draw(seed).cast<std::vector<std::string>>();
  };
  Checked checked;
  {
    const py::gil_scoped_release unlocked;
    checked = check(source, drawn, call.batch, options);
    checked.context.network = call.description;
    ResultsWriter writer(text);
    write(writer, checked);
    writer.close();
  }
  std::string weights;
  if (scheme.empty() && !checked.provenance.evidence.empty())
    weights = (checked.fresh ? "initial: " : "trained: ") + checked.provenance.sentence();
  return py::make_tuple(text.str(), weights, cli::rehearsals_text(checked), !checked.fresh);
}

// The same measurements of a network of the library, on the inputs of a call.
std::string measured_network(const Network& network, const Call& call, const std::vector<std::string>& names,
                             bool in_double) {
  MeasureRequest request;
  request.run = call.run;
  request.run.dtype = in_double ? at::kDouble : at::kFloat;
  request.batch_norm = call.batch_norm;
  std::ostringstream text;
  const py::gil_scoped_release unlocked;
  const Measured measured = measure(network, call.batch, names, request);
  ResultsWriter writer(text);
  writer.write(context_of_library());
  for (const Reading& reading : measured.readings) writer.write(reading);
  writer.write(measured.coverage);
  writer.close();
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
      .def(
          "observe",
          [](LivePass& pass, size_t tap, const std::vector<std::optional<at::Tensor>>& inputs,
             const at::Tensor& output) {
            std::vector<at::Tensor> given;
            for (const auto& input : inputs) given.push_back(input.value_or(at::Tensor()));
            pass.observe(tap, given, output);
          },
          py::arg("tap"), py::arg("inputs"), py::arg("output"));
  module.def("taps", &taps_of_live, py::arg("live"), py::arg("graph"));
  py::class_<Call>(module, "Call")
      .def(py::init(&call_of), py::arg("live"), py::arg("graph"), py::arg("description"), py::arg("inputs"),
           py::arg("inputs_text"), py::arg("labels"), py::arg("functional"), py::arg("batch_norm"),
           py::arg("mini_batch"), py::arg("along_path"), py::arg("seed"));
  module.def("measure", &measured_model, py::arg("call"), py::arg("names"));
  module.def("measure_after", &measured_after, py::arg("call"), py::arg("kind"), py::arg("scheme"),
             py::arg("value"), py::arg("names"));
  module.def("measure_network", &measured_network, py::arg("network"), py::arg("call"), py::arg("names"),
             py::arg("in_double") = false);
  module.def("measurements_of_rules", &measurements_of_rules);
  module.def("check", &checked, py::arg("call"), py::arg("scheme"), py::arg("seeds"), py::arg("draw"),
             py::arg("trained"), py::arg("rehearsal_seconds"), py::arg("loss_takes"));
}

}  // namespace shatterproof::python
