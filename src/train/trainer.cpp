// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/accuracy.h"
#include "shatterproof/train/schedule.h"
#include "train/batch_statistics.h"
#include "train/descent.h"
#include "train/fingerprint.h"
#include "train/mini_batches.h"
#include "train/requirements.h"

namespace shatterproof {
namespace {

at::Tensor mean_loss(Loss loss, const at::Tensor& logits, const at::Tensor& labels) {
  if (loss == Loss::dot_product) return -logits.gather(1, labels.unsqueeze(1)).mean();
  return at::nll_loss(at::log_softmax(logits, 1), labels);
}

at::Tensor as_stored(const Network& network, const std::string& name, const at::Tensor& tensor) {
  const Parameter* stored = network.find_parameter(name);
  if (!stored)
    reject("resume", "the network must have the checkpoint's parameters", "'" + printable(name) + "'");
  return tensor.to(stored->value.scalar_type());
}

// All that decides what is trained and reported, the graph left aside; parts are separated by ", ".
std::string settings_of(const Network& network, const TrainOptions& options, const Batch& train,
                        const Batch& test) {
  std::string settings = fmt::format("{}, initial weights {}, training on {}", options.key(),
                                     fingerprint_of_weights(network), fingerprint(train));
  if (test.examples() > 0) settings += ", tested on " + fingerprint(test);
  return settings;
}

std::vector<std::string> parts_of(const std::string& settings) {
  constexpr std::string_view kBetween = ", ";
  std::vector<std::string> parts;
  for (size_t first = 0; first <= settings.size();) {
    const size_t end = std::min(settings.find(kBetween, first), settings.size());
    parts.push_back(settings.substr(first, end - first));
    first = end + kBetween.size();
  }
  return parts;
}

// What one of two settings says and the other does not.
std::string difference(const std::string& settings, const std::string& other) {
  const std::vector<std::string> known = parts_of(other);
  std::string lacking;
  for (const std::string& part : parts_of(settings)) {
    if (std::find(known.begin(), known.end(), part) == known.end())
      lacking += (lacking.empty() ? "" : ", ") + part;
  }
  return lacking.empty() ? "nothing" : lacking;
}

std::string sentence_of(const NonFinite& accident) {
  return fmt::format("{} in the {} at '{}'{}", accident.what, accident.backward ? "gradient" : "values",
                     printable(accident.node),
                     accident.op.empty() ? "" : fmt::format(" ({}), layer {}", accident.op, accident.layer));
}

// Numbers of a parameter, or of its gradient.
NonFinite at_parameter(const Network& network, const std::string& name, const at::Tensor& numbers,
                       bool backward) {
  NonFinite found{.backward = backward, .what = numbers.isnan().any().item<bool>() ? "nan" : "inf"};
  found.node = name;
  const std::vector<Layer> layers = structure(network).layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].weight == name || layers[i].bias == name) found.layer = static_cast<int>(i) + 1;
  }
  return found;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

// What one step found.
struct StepOutcome {
  double loss = 0;  // mean over the mini-batch
  int64_t correct = 0, examples = 0;
};

struct Trainer::Run : TrainingProgress {
  Run(const Network& given, const TrainOptions& wanted, Batch train, Batch test_examples)
      : network(given),
        options(wanted),
        test(std::move(test_examples)),
        schedule(make_schedule(wanted.schedule)),
        settings(settings_of(given, wanted, train, test)),
        graph(fingerprint(given)),
        batches(std::move(train), wanted.augmentation, wanted.batch, wanted.seed) {
    load();
  }

  RunOptions run_options(BatchStatistics batch_norm) const {
    RunOptions run;
    run.functional.kind = Functional::Kind::loss;
    run.batch_norm = batch_norm;
    run.dtype = options.dtype;
    run.device = options.device;
    run.seed = options.seed;
    return run;
  }

  // Makes ready to train `network`, with an optimizer that remembers nothing.
  void load() {
    descent.emplace(network, run_options(BatchStatistics::attached), options.optimizer, options.factors);
  }

  Network trained() const { return descent->written_into(network); }

  // Of a step, counted from 0.
  double rate_of(int64_t number) const {
    return options.learning_rate * schedule->factor({number, batches.per_epoch(), options.epochs});
  }

  // Its steps are made, and what follows them is not.
  bool epoch_is_to_end() const { return examples > 0 && step % batches.per_epoch() == 0; }

  // The loss with its derivatives in the parameters.
  StepOutcome differentiate(const Batch& batch) {
    const at::Tensor logits = descent->outputs(batch, Dropout{options.seed, step}).front().flatten(1);
    const at::Tensor labels = batch.labels.to(logits.device());
    const at::Tensor loss = mean_loss(options.loss, logits, labels);
    descent->differentiate(loss);
    return {loss.item<double>(), logits.detach().argmax(1).eq(labels).sum().item<int64_t>(),
            batch.examples()};
  }

  std::optional<NonFinite> non_finite_gradient() const {
    const TrainableParameter* found = descent->non_finite_gradient();
    if (!found) return {};
    return at_parameter(network, found->name, found->value.grad(), true);
  }

  std::optional<NonFinite> non_finite_weight() const {
    const TrainableParameter* found = descent->non_finite_parameter();
    if (!found) return {};
    return at_parameter(network, found->name, found->value, false);
  }

  void fail(std::optional<NonFinite> found, int64_t at_step, const std::string& otherwise) {
    accident = std::move(found);
    failure = fmt::format("step {}: {}", at_step, accident ? sentence_of(*accident) : otherwise);
  }

  // Where a node made it, else at the parameter whose gradient it is.
  bool meets_accident(const StepOutcome& outcome, const Batch& batch) {
    std::optional<NonFinite> gradient = non_finite_gradient();
    if (std::isfinite(outcome.loss) && !gradient) return false;
    std::optional<NonFinite> first =
        first_non_finite(trained(), batch, run_options(BatchStatistics::attached));
    loss = outcome.loss;
    fail(first ? std::move(first) : std::move(gradient), step + 1,
         fmt::format("the loss is {}", outcome.loss));
    return true;
  }

  void add(const StepOutcome& outcome) {
    loss = outcome.loss;
    loss_sum += outcome.loss * static_cast<double>(outcome.examples);
    correct += outcome.correct;
    examples += outcome.examples;
  }

  void set_stored_statistics() {
    if (!stores_statistics(network)) return;
    Network now = trained();
    const int64_t whole = std::max<int64_t>(1, batches.examples() / options.batch);
    set_statistics(now, run_options(BatchStatistics::attached), std::min(whole, kStatisticsBatches),
                   [&](int64_t i) { return batches.plain(i); });
    network = std::move(now);
  }

  // Changes nothing that a second call would not find as it was until all that can be interrupted is done.
  std::optional<EpochRecord> finish_epoch() {
    if (std::optional<NonFinite> weight = non_finite_weight()) {
      fail(std::move(weight), step, "");
      return {};
    }
    set_stored_statistics();
    EpochRecord record;
    record.epoch = static_cast<int64_t>(epochs.size()) + 1;
    record.train_loss = loss_sum / static_cast<double>(examples);
    record.train_accuracy = static_cast<double>(correct) / static_cast<double>(examples);
    record.learning_rate = rate_of(step - 1);
    record.images_per_second = static_cast<double>(examples) / seconds;
    if (test.examples() > 0) {
      constexpr int64_t kAtOnce = 256;
      RunOptions run = run_options(BatchStatistics::stored);
      run.functional = {};
      run.mini_batch = kAtOnce;
      const Network now = trained();
      Execution inference(now, run);
      const Accuracy result = accuracy_of(now, inference, test);
      record.test_loss = result.loss;
      record.test_accuracy = result.accuracy;
    }
    epochs.push_back(record);
    loss_sum = seconds = 0;
    correct = examples = 0;
    follow(schedule->after_epoch(record));
    return record;
  }

  void follow(Schedule::Advice advice) {
    if (advice == Schedule::Advice::stop) stopped = "the schedule: the training loss no longer falls";
    if (advice != Schedule::Advice::redraw) return;
    if (!options.redraw) {
      stopped = "the schedule: these initial weights do not train";
      return;
    }
    network = options.redraw(redraw_seed(options.seed, ++redraws));
    load();
  }

  Network network;  // its trainable parameters are those training began with
  TrainOptions options;
  Batch test;
  std::unique_ptr<Schedule> schedule;
  std::string settings, graph;
  MiniBatches batches;
  std::optional<Descent> descent;

  double loss = 0;
  std::string failure;  // no part of the state: the step that failed fails again
  std::optional<NonFinite> accident;
};

Trainer::Trainer(const Network& network, const TrainOptions& options, Batch train, Batch test) {
  require_trainable(network, options, train, test);
  run_ = std::make_unique<Run>(network, options, std::move(train), std::move(test));
}
Trainer::~Trainer() = default;

bool Trainer::finished() const {
  const bool all_made = run_->step >= run_->options.epochs * run_->batches.per_epoch();
  return !stopped().empty() || (all_made && !run_->epoch_is_to_end());
}
const std::string& Trainer::stopped() const {
  return run_->failure.empty() ? run_->stopped : run_->failure;
}
const std::optional<NonFinite>& Trainer::accident() const {
  return run_->accident;
}
int64_t Trainer::steps_made() const {
  return run_->step;
}
int64_t Trainer::steps_per_epoch() const {
  return run_->batches.per_epoch();
}
double Trainer::last_loss() const {
  return run_->loss;
}
const std::vector<EpochRecord>& Trainer::epochs() const {
  return run_->epochs;
}
Network Trainer::network() const {
  return run_->trained();
}

std::optional<EpochRecord> Trainer::step() {
  if (run_->epoch_is_to_end()) return run_->finish_epoch();
  const auto start = std::chrono::steady_clock::now();
  const Batch batch = run_->batches.at(run_->step);
  const StepOutcome outcome = run_->differentiate(batch);
  if (run_->meets_accident(outcome, batch)) return {};
  run_->descent->step(run_->rate_of(run_->step));
  run_->add(outcome);
  ++run_->step;
  run_->seconds += seconds_since(start);
  if (!run_->epoch_is_to_end()) return {};
  return run_->finish_epoch();
}

TrainingState Trainer::state() const {
  const Run& run = *run_;
  TrainingState state;
  state.network = run.graph;
  state.settings = run.settings;
  static_cast<TrainingProgress&>(state) = run;
  state.schedule = run.schedule->state();
  for (const Parameter& parameter : run.network.parameters()) {
    if (!parameter.trainable && parameter.value.is_floating_point())
      state.parameters[parameter.name] = parameter.value;
  }
  for (const TrainableParameter& parameter : run.descent->parameters())
    state.parameters[parameter.name] =
        parameter.value.detach().to(at::kCPU, parameter.value.scalar_type(), false, true);
  for (const auto& [name, tensor] : run.descent->optimizer().state())
    state.optimizer[name] = tensor.to(at::kCPU, tensor.scalar_type(), false, true);
  return state;
}

void Trainer::restore(const TrainingState& state, bool of_any_training) {
  Run& run = *run_;
  if (!of_any_training && state.network != run.graph)
    reject("resume", "the checkpoint must be one of " + run.graph, state.network);
  if (!of_any_training && state.settings != run.settings) {
    reject("resume",
           fmt::format("the checkpoint must be of the same settings, here {}",
                       difference(run.settings, state.settings)),
           difference(state.settings, run.settings));
  }
  for (const auto& [name, tensor] : state.parameters)
    run.network.set_parameter(name, as_stored(run.network, name, tensor));
  run.load();
  for (const TrainableParameter& parameter : run.descent->parameters()) {
    const at::NoGradGuard no_gradient;
    const auto saved = state.parameters.find(parameter.name);
    if (saved == state.parameters.end())
      reject("resume", "the checkpoint must have every parameter", parameter.name);
    at::Tensor(parameter.value).copy_(saved->second);
  }
  run.descent->optimizer().restore(state.optimizer);
  run.schedule->restore(state.schedule);
  static_cast<TrainingProgress&>(run) = state;
}

Network train(const Network& network, const TrainOptions& options, Batch examples, Batch test,
              const std::function<bool(const EpochRecord&)>& after_epoch) {
  Trainer trainer(network, options, std::move(examples), std::move(test));
  while (!trainer.finished()) {
    const std::optional<EpochRecord> epoch = trainer.step();
    if (epoch && after_epoch && !after_epoch(*epoch)) break;
  }
  return trainer.network();
}

}  // namespace shatterproof
