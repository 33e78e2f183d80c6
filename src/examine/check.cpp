// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/check.h"

#include <algorithm>

#include "examine/examination.h"
#include "examine/rehearse.h"
#include "examine/trial_of_remedies.h"
#include "examine/zero_readout.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/predictions.h"
#include "shatterproof/experiment/coupled_examples.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/initializer/provenance.h"
#include "train/live_awakening.h"

namespace shatterproof {
namespace {

// The loss of the options for the labels of a batch.
LossOfBatch loss_of(const CheckOptions& options) {
  return [given = options.loss](const Batch& batch) -> OwnLoss {
    if (!given) return {};
    return [given, labels = batch.labels](const std::vector<at::Tensor>& outputs) {
      return given(outputs, labels);
    };
  };
}

// Tries the first draw: of initial weights, which parameters wake; whether one batch can be fitted. What is
// not finite needs no trial.
void try_first(const Session& session, const Trial& first, const CheckOptions& asked,
               const RehearsalOptions& options, Examination& examination) {
  if (examination.draws.front().non_finite) return;
  session.progress("rehearsing one batch", 0, 1);
  if (examination.initial_weights) {
    AwakeningOptions awakening_options;
    awakening_options.seed = session.settings().draws.first_seed;
    examination.awakening = awakening(first.network, first.batch, awakening_options);
  }
  RunOptions run;
  run.dtype = options.dtype;
  run.device = options.device;
  rehearse(*tap_source(first.network, run), loss_of(asked), first.batch, options, examination);
}

Altering altering(const Session& session, const Trial& first) {
  return [&](const Remedy& remedy) {
    const Settings& settings = session.settings();
    return altered(first.network, first.batch, remedy, settings.draws.first_seed, settings.run);
  };
}

RemedyTrial trial_of(const Session& session, const Trial& first, const Examination& examination,
                     const Thresholds& thresholds, const RehearsalOptions& rehearsing) {
  return {.alter = altering(session, first),
          .examination = examination,
          .thresholds = thresholds,
          .request = session.request(),
          .rehearsal = rehearsing,
          .before_each = [&] { session.progress("trying what may help", 0, 1); }};
}

void describe(const Examination& examination, Checked& checked) {
  checked.layers = static_cast<int64_t>(examination.structure.layers.size());
  checked.normalizes_batch = examination.normalizes_batch;
}

void tell_suspicions(const Examination& examination, const CheckOptions& options) {
  if (options.suspected) options.suspected(diagnose(examination, options.thresholds));
}

Diagnosis judged(const Examination& examination, const CheckOptions& options) {
  if (options.examined) options.examined(examination);
  return diagnose(examination, options.thresholds);
}

MeasureRequest request_of(const CheckOptions& options) {
  MeasureRequest request;
  request.run.functional = options.functional.value_or(Functional{Functional::Kind::random});
  request.run.dtype = options.dtype;
  request.run.device = options.device;
  request.run.mini_batch = options.mini_batch;
  request.run.seed = options.weights.first_seed;
  request.batch_norm = options.batch_norm;
  return request;
}

ContextRecord context_of(const TapSource& source, const Batch& batch, const MeasureRequest& request) {
  ContextRecord context = context_of_library();
  const std::optional<RunContext> recorded = source.recorded();
  context.inputs = recorded ? "a dump of taps" : batch.description;
  context.examples = recorded ? recorded->examples : batch.examples();
  context.functional = recorded ? recorded->functional : request.run.functional.text();
  context.batch_norm = recorded             ? recorded->batch_norm
                       : request.batch_norm ? std::string(to_string(*request.batch_norm))
                                            : "as each measurement asks";
  return context;
}

// Of own weights: a scheme that draws zeros means them.
void look_behind_zero_readout(const Network& graph, const Altering& alter, const MeasureRequest& request,
                              MeasuredSeeds& measured) {
  if (measured.draws.size() != 1) return;
  auto behind =
      measured_behind_zero_readout(graph, alter, measurements_of_rules(), request, measured.draws.front());
  if (!behind) return;
  measured.readings = behind->readings;
  measured.draws.front() = std::move(*behind);
}

// Draws one after the other, with where numbers stopped being finite.
struct SourceDraws {
  MeasuredSeeds measured;
  std::vector<std::optional<NonFinite>> non_finite;  // per draw
};

SourceDraws measured_draws(TapSource& source, const SourceDraw& draw, const Batch& batch,
                           const WeightRequest& weights, const MeasureRequest& request) {
  const SeedRange seeds{weights.first_seed, std::max<int64_t>(1, weights.count), 1};
  SourceDraws draws;
  const bool runs = source.graph() && !source.recorded();
  draws.measured = measure_over_seeds(
      seeds, source, draw, batch, measurements_of_rules(), request, [&](int64_t, const Measured& one) {
        draws.non_finite.emplace_back();
        if (runs && met_non_finite(one.readings))
          draws.non_finite.back() = first_non_finite(source, batch, request.run);
      });
  return draws;
}

// Whose the weights are that a source runs with.
struct Origins {
  Provenance provenance;
  bool fresh = true;              // drawn by a scheme, or as somebody drew them
  bool keeps_statistics = false;  // stored ones that a training has moved
};

bool has_numbers(const Network& graph) {
  return std::all_of(graph.parameters().begin(), graph.parameters().end(),
                     [](const Parameter& parameter) { return parameter.value.defined(); });
}

Origins origins(const TapSource& source, const CheckOptions& options) {
  Origins own;
  const bool are_own = options.weights.scheme.empty() && source.graph() && !source.recorded();
  if (!are_own || !has_numbers(*source.graph())) return own;
  if (options.standing == Provenance::State::fresh) return own;
  own.provenance = provenance(*source.graph());
  // A live model is checked where it is made: trained is what shows that it is.
  own.fresh = options.standing.value_or(own.provenance.state) != Provenance::State::trained;
  own.keeps_statistics =
      !own.fresh && own.provenance.stores_statistics && !own.provenance.statistics_untouched;
  return own;
}

}  // namespace

Checked check(const Subject& subject, const CheckOptions& options) {
  const CancellationScope heeds(options.cancellation);
  const Session session(subject, options);
  if (!options.dump.empty()) session.dump(options.dump);
  Gathering gathering(session);
  MeasuredSeeds measured =
      session.measure(measurements_of_rules(), {},
                      [&](int64_t index, const Trial& trial, TapSource& source, const Measured& one) {
                        gathering.visit(index, trial, source, one);
                      });
  if (options.weights.scheme.empty())
    look_behind_zero_readout(gathering.first().network, altering(session, gathering.first()),
                             session.request(), measured);
  Checked checked;
  checked.context = session.context();
  checked.graph = graph_record(session.subject().network);
  checked.readings = measured.readings;
  for (const Measured& draw : measured.draws) checked.draws.push_back(draw.readings);
  if (options.predicts) checked.predictions = predictions_of(session, measured.readings);
  Examination examination = gathering.examination(measured);
  RehearsalOptions rehearsing;
  rehearsing.seconds = options.rehearsal_seconds;
  rehearsing.device = options.device;
  if (options.rehearses) {
    tell_suspicions(examination, options);
    try_first(session, gathering.first(), options, rehearsing, examination);
  }
  const RemedyTrial trial = trial_of(session, gathering.first(), examination, options.thresholds, rehearsing);
  if (options.rehearses && examination.initial_weights)
    examination.without_output_rectifier = without_output_rectifier(trial);
  checked.diagnosis = judged(examination, options);
  if (options.rehearses && options.tries_remedies && examination.initial_weights)
    try_remedies(trial, checked.diagnosis);
  // Inputs that are one number stay so.
  const Finding* unscaled = find(checked.diagnosis.findings, "unscaled_inputs");
  if (unscaled && unscaled->severity >= Severity::watch && !options.examples.standardize) {
    CheckOptions scaled = options;
    scaled.examples.standardize = true;
    scaled.dump.clear();
    scaled.suspected = {};
    scaled.examined = {};
    checked.standardized = check(subject, scaled).diagnosis;
  }
  checked.coverage = session.coverage(measured);
  if (!session.examples().remark().empty()) checked.remarks.push_back(session.examples().remark());
  checked.parameters = session.subject().network.parameter_count();
  checked.provenance = examination.provenance;
  checked.fresh = examination.initial_weights;
  checked.rehearsal = examination.rehearsal;
  checked.own_rehearsal = examination.own_rehearsal;
  describe(examination, checked);
  return checked;
}

Checked check(TapSource& source, const Batch& batch, const CheckOptions& options) {
  CheckOptions own_weights = options;
  own_weights.weights.scheme.clear();
  own_weights.weights.count = 1;
  return check(
      source, [](uint64_t) { return std::vector<std::string>(); }, batch, own_weights);
}

Checked check(TapSource& source, const SourceDraw& draw, const Batch& batch, const CheckOptions& options) {
  const CancellationScope heeds(options.cancellation);
  const bool runs = source.graph() && !source.recorded();
  const Origins own = origins(source, options);
  MeasureRequest request = request_of(options);
  if (own.keeps_statistics && !request.batch_norm) request.batch_norm = BatchStatistics::stored;
  SourceDraws draws = measured_draws(source, draw, batch, options.weights, request);
  const Altering alter = [&](const Remedy& remedy) {
    return altered(source, batch, remedy, request.run.seed);
  };
  if (runs && options.weights.scheme.empty())
    look_behind_zero_readout(*source.graph(), alter, request, draws.measured);
  const MeasuredSeeds& measured = draws.measured;
  Checked checked;
  checked.context = context_of(source, batch, request);
  checked.context.initializer = options.weights.scheme;
  checked.context.seed = options.weights.first_seed;
  checked.context.seeds = static_cast<int64_t>(measured.draws.size());
  checked.provenance = own.provenance;
  checked.fresh = own.fresh;
  if (source.graph()) {
    checked.graph = graph_record(*source.graph());
    checked.parameters = source.graph()->parameter_count();
  }
  checked.readings = measured.readings;
  Examination examination = examination_of(source, batch, request.run, measured.readings);
  if (runs) examination.coupled_examples = coupled_examples(source, batch, request.run);
  examination.outputs.loss_takes = options.loss_takes;
  examination.initializer = options.weights.scheme;
  examination.initial_weights = own.fresh;
  examination.provenance = own.provenance;
  examination.draws.clear();
  for (size_t i = 0; i < measured.draws.size(); ++i) {
    checked.draws.push_back(measured.draws[i].readings);
    examination.draws.push_back({measured.draws[i].readings, draws.non_finite[i]});
    if (draws.non_finite[i] && !examination.mean.non_finite)
      examination.mean.non_finite = draws.non_finite[i];
  }
  if (runs && own.fresh && !examination.mean.non_finite)
    examination.shallow_twin = shallow_twin_of(source, batch, request.run, examination);
  const bool is_asked = options.rehearses && !examination.mean.non_finite && runs;
  const bool trains = is_asked && source.trainee({});
  RehearsalOptions rehearsing;
  rehearsing.seconds = options.rehearsal_seconds;
  rehearsing.seed = options.weights.first_seed;
  if (trains) {
    tell_suspicions(examination, options);
    if (own.fresh && has_numbers(*source.graph()))
      examination.awakening = awakening_as_it_runs(source, batch, options.weights.first_seed);
    rehearse(
        source, [&](const Batch& part) { return source.own_loss(part); }, batch, rehearsing, examination);
    checked.rehearsal = examination.rehearsal;
    checked.own_rehearsal = examination.own_rehearsal;
  }
  const RemedyTrial trial{.alter = alter,
                          .examination = examination,
                          .thresholds = options.thresholds,
                          .request = request,
                          .rehearsal = rehearsing};
  const bool tries = trains && own.fresh && has_numbers(*source.graph());
  if (tries) examination.without_output_rectifier = without_output_rectifier(trial);
  checked.diagnosis = judged(examination, options);
  if (tries && options.tries_remedies) try_remedies(trial, checked.diagnosis);
  checked.coverage = measured.coverage;
  for (const std::string& note : measured.draws.front().notes) checked.coverage.approximated.push_back(note);
  if (is_asked && !trains)
    checked.coverage.approximated.emplace_back("not rehearsed: it does not run as in training");
  describe(examination, checked);
  return checked;
}

void write(ResultsWriter& writer, const Checked& checked) {
  writer.write(checked.context);
  if (checked.graph) writer.write(*checked.graph);
  for (const Reading& reading : checked.readings) writer.write(reading);
  for (const PredictionRecord& prediction : checked.predictions) writer.write(prediction);
  for (const Finding& finding : checked.diagnosis.findings) writer.write(finding);
  writer.write(verdict_record(checked.diagnosis));
  writer.write(checked.coverage);
}

}  // namespace shatterproof
