// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/evaluation.h"

#include "shatterproof/core/error.h"
#include "shatterproof/examine/facts.h"

namespace shatterproof {
namespace {

void require_weights_and_labels(const Subject& subject, const SessionOptions& options) {
  if (options.examples.source.empty()) {
    throw std::invalid_argument(
        "evaluate: --inputs is missing: cifar10:PATH, mnist:PATH or FILE.npy with labels");
  }
  if (subject.origin == Origin::family)
    reject("evaluate", "speaks of trained weights, which a family does not have: name an ONNX file",
           subject.description);
}

Reading reading_of(const char* name, double value, const Accuracy& result, const RunOptions& run) {
  Reading reading = scalar_reading(name, value);
  reading.n = result.examples;
  reading.batch_norm = to_string(run.batch_norm);
  return reading;
}

}  // namespace

Evaluation evaluate(const Subject& subject, const SessionOptions& options) {
  require_weights_and_labels(subject, options);
  const CancellationScope heeds(options.cancellation);
  SessionOptions asked = options;
  asked.examples.all = true;
  const Session session(subject, asked);
  const Batch batch = session.examples().batch(1);
  RunOptions run = session.settings().run;
  constexpr int64_t kAtOnce = 256;  // more gains nothing and fills the caches
  if (run.mini_batch == 0) run.mini_batch = kAtOnce;
  Execution execution(subject.network, run);

  Evaluation evaluation;
  evaluation.context = session.context();
  evaluation.result = accuracy_of(subject.network, execution, batch);
  evaluation.readings = {reading_of("accuracy", evaluation.result.accuracy, evaluation.result, run),
                         reading_of("loss", evaluation.result.loss, evaluation.result, run)};
  evaluation.coverage = execution.coverage();
  std::vector<std::string>& notes = evaluation.coverage.approximated;
  notes.insert(notes.begin(), subject.notes.begin(), subject.notes.end());
  if (const std::string& remark = session.examples().remark(); !remark.empty())
    evaluation.remarks.push_back(remark);
  const InputFacts inputs = input_facts(subject.network, structure(subject.network), batch);
  if (inputs.real && !inputs.prepared && inputs.are_bytes()) {
    evaluation.remarks.emplace_back(
        "the inputs are whole numbers up to 255, as of images that nobody has scaled; if the network was "
        "trained otherwise, say how: --scale 255, --mean M,... --std S,...");
  }
  return evaluation;
}

void write(ResultsWriter& writer, const Evaluation& evaluation) {
  writer.write(evaluation.context);
  for (const Reading& reading : evaluation.readings) writer.write(reading);
  writer.write(evaluation.coverage);
}

}  // namespace shatterproof
