// SPDX-License-Identifier: Apache-2.0
#include "examine/examination.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "shatterproof/architecture/feedforward.h"
#include "shatterproof/diagnose/describe.h"
#include "shatterproof/examine/facts.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {
namespace {

int64_t numbers_per_example(const std::vector<at::Tensor>& tensors) {
  int64_t numbers = 0;
  for (const at::Tensor& tensor : tensors) {
    // A number alone is nobody's example.
    numbers += tensor.dim() == 0 ? 1 : tensor.numel() / std::max<int64_t>(1, tensor.size(0));
  }
  return numbers;
}

// What enters a final softmax, for a few examples.
std::vector<at::Tensor> logits_of(TapSource& source, const Batch& batch, RunOptions options) {
  constexpr int64_t kExamples = 64;
  options.functional.kind = Functional::Kind::probe;
  const int64_t unit = std::max<int64_t>(1, source.examples_at_once(batch));
  const int64_t count = std::max(unit, std::min(kExamples, batch.examples()) / unit * unit);
  return source.outputs(batch.slice(0, count), options);
}

// Units of a middle layer: what "the same width" means for a network whose layers differ.
int64_t middle_width(const std::vector<Layer>& layers) {
  std::vector<int64_t> widths;
  for (const Layer& layer : layers) {
    if (layer.nonlinearity) widths.push_back(layer.kind == LayerKind::dense ? layer.fan_out : layer.fan_in);
  }
  if (widths.empty()) return 0;
  std::nth_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2),
                   widths.end());
  return widths[widths.size() / 2];
}

// What the twin of a network runs on, and how often it is drawn.
struct TwinInputs {
  std::function<Batch(uint64_t seed)> batch;
  bool are_real = false;
  RunOptions run;
  SeedRange seeds;
};

bool are_real(const Network& network) {
  return std::all_of(network.inputs().begin(), network.inputs().end(),
                     [](const Input& input) { return at::isFloatingType(input.dtype); });
}

// As many as the network itself, within what it takes to tell.
int64_t draws_of_twin(int64_t draws) {
  constexpr int64_t kMostDraws = 5;
  return std::clamp<int64_t>(draws, 2, kMostDraws);
}

// correlation_length of one rectifier layer on the same inputs, flattened.
std::optional<Reading> shallow_twin(const TwinInputs& inputs, const Examination& examination) {
  constexpr int64_t kWidest = 1024;  // wider layers read the same within a percent
  constexpr int64_t kMostNumbers = int64_t{1} << 27;
  FeedforwardOptions options;
  options.depth = 1;
  options.width = std::min(kWidest, middle_width(examination.structure.layers));
  options.input = examination.input_numbers;
  if (options.width < 1 || options.input < 2 || !inputs.are_real ||
      options.width * options.input > kMostNumbers)
    return {};
  const Network twin = feedforward(options);
  MeasureRequest request;
  request.run.dtype = inputs.run.dtype;
  request.run.device = inputs.run.device;
  const auto draw = [&](uint64_t seed) {
    Batch batch = inputs.batch(seed);
    batch.inputs = {batch.rows()};
    batch.statistics_inputs.clear();
    return Trial{initialize(twin, "he", seed).network, batch};
  };
  const std::vector<Reading> readings =
      measure_over_seeds(inputs.seeds, draw, {"correlation_length"}, request).readings;
  const Reading* length = find(readings, "correlation_length", ReadingType::scalar);
  return length ? std::optional(*length) : std::nullopt;
}

// Layers and residual sums, as far as taps tell of them.
void describe(const std::vector<Tap>& taps, Examination& examination) {
  int layers = 0, depth = 0;
  for (const Tap& tap : taps) {
    layers = std::max(layers, tap.layer);
    depth = std::max(depth, tap.depth);
    if (tap.kind == TapKind::residual_sum)
      examination.structure.residual_sums.push_back({tap.node, tap.skip, tap.branch});
  }
  examination.structure.layers.resize(static_cast<size_t>(layers));
  examination.structure.depth = {depth};
}

// Numbers per example that leave the network.
class OutputNumbers : public Observer {
 public:
  bool wants_forward(const Tap& tap) const override { return tap.kind == TapKind::output; }
  void observe(const ForwardTap& tap) override {
    if (tap.first_example == 0 && tap.output.dim() > 0)
      numbers += tap.output.numel() / std::max<int64_t>(1, tap.output.size(0));
  }
  using Observer::observe;

  int64_t numbers = 0;
};

}  // namespace

bool met_non_finite(const std::vector<Reading>& readings) {
  return std::any_of(readings.begin(), readings.end(), [](const Reading& reading) {
    return reading.undefined.find("not finite") != std::string::npos ||
           std::any_of(reading.values.begin(), reading.values.end(),
                       [](double value) { return !std::isfinite(value); });
  });
}

Gathering::Gathering(const Session& session) : session_(session) {
  describe(session.subject().network, facts_);
  facts_.initializer = session.settings().draws.scheme;
  facts_.initial_weights = session.settings().fresh;
  facts_.provenance = session.settings().provenance;
  facts_.is_folded = session.subject().folded;
  facts_.alike_axes = session.subject().alike_axes;
  facts_.norms_put_back = session.subject().norms_put_back;
  non_finite_.resize(static_cast<size_t>(session.settings().draws.count));
}

void Gathering::visit(int64_t index, const Trial& trial, TapSource& source, const Measured& measured) {
  if (index == 0) take_facts(trial, source);
  if (!met_non_finite(measured.readings)) return;
  non_finite_[static_cast<size_t>(index)] =
      first_non_finite(trial.network, trial.batch, session_.settings().run);
}

void Gathering::take_facts(const Trial& trial, TapSource& source) {
  const std::vector<at::Tensor> logits = logits_of(source, trial.batch, session_.settings().run);
  const InputFacts inputs = input_facts(trial.network, facts_.structure, trial.batch);
  const std::optional<CoupledExamples> coupled =
      coupled_examples(trial.network, trial.batch, session_.settings().run);
  const std::lock_guard lock(mutex_);
  first_ = trial;
  facts_.examples = trial.batch.examples();
  facts_.input_numbers = numbers_per_example(trial.batch.inputs);
  facts_.output_numbers = numbers_per_example(logits);
  facts_.inputs = inputs;
  facts_.outputs = output_facts(trial.network, logits, trial.batch.labels);
  facts_.coupled_examples = coupled;
}

Examination Gathering::examination(const MeasuredSeeds& measured) const {
  Examination examination = facts_;
  examination.mean.readings = measured.readings;
  for (size_t i = 0; i < measured.draws.size(); ++i) {
    examination.draws.push_back({measured.draws[i].readings, non_finite_[i]});
    if (non_finite_[i] && !examination.mean.non_finite) examination.mean.non_finite = non_finite_[i];
  }
  // Only the verdict on initial weights asks what a shallow network would do.
  if (examination.initial_weights && !examination.mean.non_finite) {
    session_.progress("measuring one layer of the same width", 0, 1);
    const Settings& settings = session_.settings();
    examination.shallow_twin =
        shallow_twin({[&](uint64_t seed) { return session_.examples().batch(seed); },
                      are_real(session_.subject().network),
                      settings.run,
                      {settings.draws.first_seed, draws_of_twin(settings.draws.count), settings.threads}},
                     examination);
  }
  return examination;
}

Examination examination_of(TapSource& source, const Batch& batch, const RunOptions& options,
                           const std::vector<Reading>& readings) {
  Examination examination;
  if (source.graph()) {
    describe(*source.graph(), examination);
  } else {
    describe(source.taps(options), examination);
  }
  OutputNumbers outputs;
  Observer* observer = &outputs;
  const std::optional<RunContext> recorded = source.recorded();
  if (recorded) {
    source.observe_forward(batch, {&observer, 1}, options);
    examination.examples = recorded->examples;
    examination.input_numbers = recorded->input_numbers;
  } else {
    const std::vector<at::Tensor> logits = logits_of(source, batch, options);
    outputs.numbers = numbers_per_example(logits);
    examination.examples = batch.examples();
    examination.input_numbers = numbers_per_example(batch.inputs);
    if (source.graph()) {
      examination.inputs = input_facts(*source.graph(), examination.structure, batch);
      examination.outputs = output_facts(*source.graph(), logits, batch.labels);
    }
  }
  examination.output_numbers = outputs.numbers;
  examination.mean.readings = readings;
  examination.draws.push_back(examination.mean);
  return examination;
}

std::optional<Reading> shallow_twin_of(const TapSource& source, const Batch& batch, const RunOptions& options,
                                       const Examination& examination) {
  Batch given = batch;
  RunOptions run = options;
  run.device = "cpu";
  for (at::Tensor& input : given.inputs) input = input.to(at::kCPU, run.dtype);
  const int64_t draws = draws_of_twin(static_cast<int64_t>(examination.draws.size()));
  return shallow_twin({[&](uint64_t) { return given; }, are_real(*source.graph()), run, {run.seed, draws, 1}},
                      examination);
}

}  // namespace shatterproof
