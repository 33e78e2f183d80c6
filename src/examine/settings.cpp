// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/settings.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <ctime>

#include "shatterproof/core/error.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/core/version.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof {
namespace {

bool normalizes_in_training_mode(const Network& network) {
  return std::any_of(network.nodes().begin(), network.nodes().end(), [](const Node& node) {
    return node.op == "BatchNormalization" && node.integer("training_mode", 0) != 0;
  });
}

// Only statistics that a training has moved are the network's own.
std::optional<BatchStatistics> batch_statistics_of(const Subject& subject, const SessionOptions& options,
                                                   const Settings& settings) {
  const std::string& scheme = settings.draws.scheme;
  if (options.batch_norm == BatchStatistics::stored && !scheme.empty()) {
    reject("--batch-norm",
           "stored statistics belong to other weights than those drawn by " + scheme +
               "; use detached or attached",
           "stored");
  }
  if (options.batch_norm || settings.fresh || settings.provenance.statistics_untouched ||
      normalizes_in_training_mode(subject.network)) {
    return options.batch_norm;
  }
  return BatchStatistics::stored;
}

RunOptions run_options(const Subject& subject, const SessionOptions& options, const WeightDraws& draws,
                       const std::optional<BatchStatistics>& batch_norm) {
  RunOptions run;
  const bool is_family = subject.origin == Origin::family;
  run.functional =
      options.functional.value_or(Functional{is_family ? Functional::Kind::sum : Functional::Kind::random});
  run.batch_norm = batch_norm.value_or(BatchStatistics::detached);
  run.dtype = options.dtype;
  run.device = options.device;
  run.seed = draws.first_seed;
  run.mini_batch = options.mini_batch;
  return run;
}

// Draws are made beside the network they are made from, as many at once as threads. Somebody who says how
// much memory there is gets fewer at once, or is told that there is too little.
void fit_weights(const Subject& subject, Settings& settings) {
  const int64_t weights = std::max<int64_t>(1, weight_bytes(subject.network));
  const int64_t copies = settings.draws.scheme.empty() ? 1 : 2;
  if (weights > settings.memory / copies) {
    reject("--memory",
           fmt::format("must hold the weights{}, {}", copies > 1 ? " of the network and of a draw" : "",
                       short_bytes(copies * weights)),
           short_bytes(settings.memory));
  }
  const int64_t at_once = std::max<int64_t>(1, settings.memory / weights - 1);
  if (copies > 1 && settings.draws.count > 1)
    settings.threads = static_cast<int>(std::min<int64_t>(settings.threads, at_once));
}

}  // namespace

Subject as_it_trains(const Subject& subject, const SessionOptions& options) {
  if (!subject.unfolded || subject.untrained || options.weights.as_is) return subject;
  const bool draws = !options.weights.scheme.empty();
  const auto standing = [&] { return options.standing.value_or(provenance(subject.network).state); };
  if (!draws && standing() != Provenance::State::fresh) return subject;
  Subject whole = subject;
  whole.network = *subject.unfolded;
  whole.norms_put_back =
      static_cast<int64_t>(subject.unfolded->nodes().size() - subject.network.nodes().size());
  whole.unfolded.reset();
  whole.folded = false;
  return whole;
}

Settings settings_of(const Subject& subject, const SessionOptions& options) {
  Settings settings;
  settings.draws = weight_draws(subject, options.weights);
  if (settings.draws.scheme.empty()) {
    settings.provenance = provenance(subject.network);
    settings.fresh = options.standing.value_or(settings.provenance.state) == Provenance::State::fresh;
  }
  settings.batch_norm = batch_statistics_of(subject, options, settings);
  settings.run = run_options(subject, options, settings.draws, settings.batch_norm);
  settings.threads = options.threads > 0 ? options.threads : idle_threads();
  settings.memory = options.memory > 0 ? options.memory : default_memory_budget();
  if (options.memory > 0) fit_weights(subject, settings);
  return settings;
}

ContextRecord context_of_library() {
  ContextRecord context;
  context.version = version();
  context.dtype = "float32";
  context.device = "cpu";
  context.libtorch = TORCH_VERSION;
  context.date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  return context;
}

ContextRecord context_record(const Subject& subject, const Settings& settings) {
  ContextRecord context = context_of_library();
  context.network = subject.description;
  context.initializer = settings.draws.scheme;
  context.seed = settings.draws.first_seed;
  context.seeds = settings.draws.count;
  context.functional = settings.run.functional.text();
  context.batch_norm =
      settings.batch_norm ? std::string(to_string(*settings.batch_norm)) : "as each measurement asks";
  context.dtype = settings.run.dtype == at::kDouble ? "float64" : "float32";
  context.device = settings.run.device;
  context.threads = settings.threads;
  return context;
}

}  // namespace shatterproof
