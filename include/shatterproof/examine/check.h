// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/diagnose/facts.h"
#include "shatterproof/diagnose/rule.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/examine/session.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/results/graph.h"
#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

struct CheckOptions : SessionOptions {
  Thresholds thresholds;
  bool predicts = true;  ///< also what theory says of the readings
  /// It is tried whether one batch is fitted, and which parameters wake where weights are initial ones.
  bool rehearses = true;
  double rehearsal_seconds = 20;  ///< that a rehearsal may take
  bool tries_remedies = true;     ///< what findings suggest is made and measured before it is said
  LossInput loss_takes = LossInput::unknown;  ///< of the loss that is meant for the outputs
  /// Of the outputs, a final softmax taken off, and the batch's labels: one number, differentiable. Tried
  /// beside random labels; a source that has a loss of its own brings it.
  std::function<at::Tensor(const std::vector<at::Tensor>& outputs, const at::Tensor& labels)> loss;
  /// Told once, before the network is tried, which takes longest: what the readings alone suggest.
  std::function<void(const Diagnosis&)> suspected;
  /// Told what the rules are given, with what trying the network showed: by other thresholds it is judged
  /// anew without another measurement.
  std::function<void(const Examination&)> examined;
  std::string dump;  ///< a folder that gets the taps of the first draw; empty: none
};

/// What a check found, all of what its results file holds.
struct Checked {
  ContextRecord context;
  std::optional<GraphRecord> graph;         ///< of a network; a dump does not tell it
  std::vector<Reading> readings;            ///< means over the draws
  std::vector<std::vector<Reading>> draws;  ///< of every draw, in the order of seeds
  std::vector<PredictionRecord> predictions;
  Diagnosis diagnosis;
  CoverageRecord coverage;
  std::vector<std::string> remarks;  ///< what to know of how it was measured
  int64_t layers = 0;                ///< linear maps
  int64_t parameters = 0;            ///< numbers in trainable parameters; 0 where only taps are known
  bool normalizes_batch = false;
  Provenance provenance;                      ///< of own weights
  bool fresh = true;                          ///< whether the weights are initial ones
  std::optional<Rehearsal> rehearsal;         ///< of the first draw, when it was tried
  std::optional<OwnRehearsal> own_rehearsal;  ///< the same of a loss that was given
  std::optional<Diagnosis> standardized;  ///< the verdict with standardized inputs, where they are not scaled
};

/// Measures what the rules rest on, over all draws, and judges it. Deterministic for given options, whatever
/// the number of threads.
///
/// Throws what Session throws, Interrupted when `options.cancellation` was requested. Cost: of each draw
/// about as many passes as there are readings, and on initial weights one layer of the same width.
Checked check(const Subject& subject, const CheckOptions& options = {});

/// The same of anything that shows taps; `batch` is what a source that runs is run on. Draws, examples and
/// memory of the options do not count.
Checked check(TapSource& source, const Batch& batch = {}, const CheckOptions& options = {});

/// The same over the draws of `options.weights`, whose scheme names what `draw` does.
Checked check(TapSource& source, const SourceDraw& draw, const Batch& batch, const CheckOptions& options);

/// Every record, in the order that docs/results_format.md has. Does not close the writer.
void write(ResultsWriter& writer, const Checked& checked);

/// The shape of a network for those who draw it.
GraphRecord graph_record(const Network& network);

}  // namespace shatterproof
