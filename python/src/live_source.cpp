// SPDX-License-Identifier: Apache-2.0
#include "live_source.h"

#include <torch/extension.h>

#include <algorithm>
#include <exception>

#include "live_coverage.h"
#include "live_trainee.h"
#include "network_of.h"
#include "run/projection.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/run/dropout.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/taps.h"

namespace py = pybind11;

namespace shatterproof::python {
namespace {

bool wants_logits(const RunOptions& options) {
  const Functional::Kind kind = options.functional.kind;
  return kind == Functional::Kind::logit || kind == Functional::Kind::loss || kind == Functional::Kind::probe;
}

bool same_tensors(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const at::Tensor& one, const at::Tensor& other) { return one.is_same(other); });
}

}  // namespace

LiveSource::LiveSource(Network graph, py::object live) : graph_(std::move(graph)), live_(std::move(live)) {
  for (const py::handle node : live_.attr("graph").attr("nodes"))
    is_seen_.push_back(!node.attr("call").is_none());
}

LiveSource::~LiveSource() {
  const py::gil_scoped_acquire lock;
  live_.release().dec_ref();
}

std::vector<Tap> LiveSource::taps(const RunOptions& options) {
  place_taps(options);
  return taps_;
}

void LiveSource::place_taps(const RunOptions& options) {
  if (placed_for_ && wants_logits(*placed_for_) == wants_logits(options) &&
      placed_for_->every_node == options.every_node) {
    return;
  }
  taps_.clear();
  output_names_ = output_values(graph_, wants_logits(options));
  for (Tap& tap : taps_of(graph_, {.logits = wants_logits(options), .every_node = options.every_node})) {
    const bool of_node = !tap.op.empty();
    if (of_node && !is_seen_[tap.node] && tap.kind != TapKind::output) continue;
    tap.order = taps_.size();
    taps_.push_back(std::move(tap));
  }
  const py::gil_scoped_acquire lock;
  py::list places;
  for (const Tap& tap : taps_) {
    const int64_t node = tap.op.empty() ? -1 : static_cast<int64_t>(tap.node);
    places.append(py::make_tuple(node, std::string(to_string(tap.kind)), tap.name));
  }
  live_.attr("place_taps")(places);
  placed_for_ = options;
}

std::vector<at::Tensor> LiveSource::forward(LivePass& pass, const std::vector<at::Tensor>& inputs,
                                            const RunOptions& options, bool takes, bool twice) {
  const py::gil_scoped_acquire lock;
  const bool holds = holds_ && options.batch_norm == BatchStatistics::detached;
  return live_
      .attr("forward")(py::cast(&pass, py::return_value_policy::reference), inputs,
                       std::string(to_string(options.batch_norm)), holds, takes, twice, wants_logits(options))
      .cast<std::vector<at::Tensor>>();
}

py::object LiveSource::loss_of_pass(const Batch& part) const {
  const py::object labels = part.labels.defined() ? py::cast(part.labels) : py::none();
  return live_.attr("loss_of_pass")(labels);
}

std::vector<at::Tensor> LiveSource::gradients(const std::vector<at::Tensor>& outputs, const Batch& part,
                                              const RunOptions& options, int64_t first_example) {
  if (options.functional.kind == Functional::Kind::loss) {
    const py::gil_scoped_acquire lock;
    if (!live_.attr("loss").is_none())
      return loss_of_pass(part).attr("gradient")(outputs).cast<std::vector<at::Tensor>>();
  }
  const bool wants_one =
      options.functional.kind == Functional::Kind::logit || options.functional.kind == Functional::Kind::loss;
  if (wants_one && outputs.size() != 1) {
    reject("functional " + options.functional.text(), "the model must have one output",
           std::to_string(outputs.size()));
  }
  std::vector<at::Tensor> started;
  for (size_t i = 0; i < outputs.size(); ++i) {
    started.push_back(output_gradient(options.functional, output_names_[i], outputs[i], part.labels,
                                      options.seed, first_example));
  }
  return started;
}

// Once for as long as they come from the same inputs.
void LiveSource::hold_statistics(const Batch& batch, const RunOptions& options) {
  if (options.batch_norm != BatchStatistics::detached) return;
  std::vector<at::Tensor> inputs = batch.statistics_inputs;
  const bool in_parts = options.mini_batch > 0 && options.mini_batch < batch.examples();
  if (inputs.empty() && in_parts) inputs = batch.slice(0, options.mini_batch).inputs;
  if (inputs.empty()) {
    holds_ = false;
    held_.clear();
    return;
  }
  if (holds_ && same_tensors(inputs, held_)) return;
  LivePass pass(taps_, {}, 0, false);
  forward(pass, inputs, options, true, false);
  holds_ = true;
  held_ = std::move(inputs);
}

template <typename Visit>
void LiveSource::each_mini_batch(const Batch& batch, const RunOptions& options, Visit visit) {
  place_taps(options);
  hold_statistics(batch, options);
  const int64_t examples = batch.examples();
  const int64_t mini_batch = options.mini_batch > 0 ? std::min(options.mini_batch, examples) : examples;
  for (int64_t first = 0; first < examples; first += mini_batch) {
    const int64_t count = std::min(mini_batch, examples - first);
    visit(count == examples ? batch : batch.slice(first, count), first);
  }
}

void LiveSource::begin(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) const {
  RunContext context;
  context.examples = batch.examples();
  context.along_path = batch.along_path;
  context.functional = options.functional.text();
  context.batch_norm = to_string(options.batch_norm);
  for (const at::Tensor& input : batch.inputs)
    context.input_numbers += context.examples ? input.numel() / context.examples : 0;
  for (Observer* observer : observers) observer->begin(context);
}

void LiveSource::run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) {
  begin(batch, observers, options);
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, observers, first, true);
    const std::vector<at::Tensor> outputs = forward(pass, part.inputs, options, false, false);
    pass.backward(outputs, gradients(outputs, part, options, first));
  });
}

void LiveSource::observe_forward(const Batch& batch, std::span<Observer* const> observers,
                                 const RunOptions& options) {
  begin(batch, observers, options);
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, observers, first, false);
    forward(pass, part.inputs, options, false, false);
  });
}

std::vector<at::Tensor> LiveSource::outputs(const Batch& batch, const RunOptions& options) {
  std::vector<std::vector<at::Tensor>> parts;
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, {}, first, false);
    const std::vector<at::Tensor> outputs = forward(pass, part.inputs, options, false, false);
    parts.resize(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) parts[i].push_back(outputs[i].detach());
  });
  std::vector<at::Tensor> joined;
  for (const auto& part : parts) joined.push_back(part.size() == 1 ? part[0] : at::cat(part, 0));
  return joined;
}

at::Tensor LiveSource::input_gradient(const Batch& batch, const RunOptions& options) {
  std::vector<at::Tensor> rows;
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, {}, first, true);
    const std::vector<at::Tensor> outputs = forward(pass, part.inputs, options, false, false);
    pass.backward(outputs, gradients(outputs, part, options, first));
    rows.push_back(pass.input_gradient(part.examples()));
  });
  return rows.size() == 1 ? rows[0] : at::cat(rows, 0);
}

std::vector<at::Tensor> LiveSource::jacobian_transpose_times(const Batch& batch,
                                                             const std::vector<at::Tensor>& us,
                                                             const RunOptions& options) {
  std::vector<std::vector<at::Tensor>> parts(us.size());
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, {}, first, true);
    const std::vector<at::Tensor> outputs = forward(pass, part.inputs, options, false, false);
    std::vector<at::Tensor> rows;
    for (const at::Tensor& u : us) rows.push_back(u.narrow(0, first, part.examples()));
    const std::vector<at::Tensor> pulled = pass.pull_back(outputs, rows);
    for (size_t i = 0; i < us.size(); ++i) parts[i].push_back(pulled[i]);
  });
  std::vector<at::Tensor> products;
  for (const auto& rows : parts) products.push_back(rows.size() == 1 ? rows[0] : at::cat(rows, 0));
  return products;
}

at::Tensor LiveSource::jacobian_times(const Batch& batch, const at::Tensor& v, const RunOptions& options) {
  std::vector<at::Tensor> rows;
  each_mini_batch(batch, options, [&](const Batch& part, int64_t first) {
    LivePass pass(taps_, {}, first, true);
    rows.push_back(pass.push_forward(forward(pass, part.inputs, options, false, true),
                                     v.narrow(0, first, part.examples())));
  });
  return rows.size() == 1 ? rows[0] : at::cat(rows, 0);
}

// Whether the model's own code takes so many examples.
bool LiveSource::runs_on(const Batch& batch) {
  RunOptions options = placed_for_.value_or(RunOptions());
  options.batch_norm = BatchStatistics::attached;  // which leaves statistics that are held as they are
  options.mini_batch = 0;
  try {
    outputs(batch, options);
    return true;
  } catch (const Interrupted&) {
    throw;
  } catch (py::error_already_set& error) {
    const py::gil_scoped_acquire lock;
    if (!error.matches(PyExc_Exception)) throw;  // Ctrl-C
    return false;
  } catch (const std::exception&) {
    return false;
  }
}

// A model of the nodes of one graph, say, takes all of them or none.
int64_t LiveSource::examples_at_once(const Batch& batch) {
  constexpr int64_t kFew = 2;
  const int64_t all = batch.examples();
  if (all <= kFew) return 0;
  if (!runs_on_few_) runs_on_few_ = runs_on(batch.slice(0, kFew)) || !runs_on(batch);
  return *runs_on_few_ ? 0 : all;
}

KeptPass LiveSource::keep(const Batch& batch, const std::set<size_t>& nodes, const RunOptions& options) {
  place_taps(options);
  hold_statistics(batch, options);
  LivePass pass(taps_, {}, 0, true);
  const py::gil_scoped_acquire lock;
  live_.attr("keep")(nodes);
  KeptPass kept;
  kept.outputs = forward(pass, batch.inputs, options, false, false);
  for (const auto& [node, values] : live_.attr("take_kept")().cast<py::dict>()) {
    const auto of_node = values.cast<py::tuple>();
    kept.nodes[node.cast<size_t>()] = {of_node[0].cast<at::Tensor>(),
                                       of_node[1].cast<std::vector<at::Tensor>>(), of_node[2].cast<bool>()};
  }
  return kept;
}

std::unique_ptr<Trainee> LiveSource::trainee(const RunOptions& options) {
  const py::gil_scoped_acquire lock;
  const py::object trainee = live_.attr("trainee")(options.dtype == at::kDouble ? "float64" : "float32");
  if (trainee.is_none()) return nullptr;
  return std::make_unique<LiveTrainee>(trainee, graph_);
}

OwnLoss LiveSource::own_loss(const Batch& batch) {
  {
    const py::gil_scoped_acquire lock;
    if (live_.attr("loss").is_none()) return {};
  }
  RunOptions options;
  options.functional.kind = Functional::Kind::probe;
  options.batch_norm = BatchStatistics::attached;
  place_taps(options);
  LivePass pass(taps_, {}, 0, true);
  forward(pass, batch.inputs, options, false, false);
  const py::gil_scoped_acquire lock;
  const auto freed = [](py::object* held) {
    const py::gil_scoped_acquire again;
    delete held;
  };
  const std::shared_ptr<py::object> loss(new py::object(loss_of_pass(batch)), freed);
  return [loss](const std::vector<at::Tensor>& outputs) {
    const py::gil_scoped_acquire again;
    return heeding_interrupts([&] { return loss->attr("of")(outputs).cast<at::Tensor>(); });
  };
}

bool LiveSource::set_parameters(const std::vector<Parameter>& parameters) {
  const py::gil_scoped_acquire lock;
  py::dict values;
  for (const Parameter& parameter : parameters) values[py::str(parameter.name)] = parameter.value;
  return live_.attr("set_parameters")(values).cast<bool>();
}

ValueShapes LiveSource::shapes() const {
  const py::gil_scoped_acquire lock;
  ValueShapes shapes;
  for (const py::handle node : live_.attr("graph").attr("nodes")) {
    auto shape = node.attr("shape").cast<std::vector<int64_t>>();
    if (!shape.empty()) shapes[node.attr("outputs").cast<std::vector<std::string>>()[0]] = std::move(shape);
  }
  return shapes;
}

std::unique_ptr<TapSource> LiveSource::rewritten(const Network& graph) {
  const py::gil_scoped_acquire lock;
  py::list nodes;
  for (const Node& node : graph.nodes())
    nodes.append(py::make_tuple(node.name, node.op, node.inputs, node.outputs));
  py::dict inserted;
  py::list trainable;
  for (const Parameter& parameter : graph.parameters()) {
    if (graph_.has_value(parameter.name)) continue;
    inserted[py::str(parameter.name)] = parameter.value;
    if (parameter.trainable) trainable.append(parameter.name);
  }
  const py::object live = live_.attr("rewritten")(nodes, graph.outputs(), inserted, trainable);
  if (live.is_none()) return nullptr;
  return std::make_unique<LiveSource>(network_of(live.attr("graph")), live);
}

std::optional<DropoutPlace> LiveSource::dropout() const {
  const py::gil_scoped_acquire lock;
  const py::object heaviest = live_.attr("heaviest_dropout")();
  if (heaviest.is_none()) return {};
  const auto [ratio, name] = heaviest.cast<std::pair<double, std::string>>();
  return DropoutPlace{name, ratio};
}

CoverageRecord LiveSource::coverage() const {
  return live_coverage(graph_, live_);
}

}  // namespace shatterproof::python
