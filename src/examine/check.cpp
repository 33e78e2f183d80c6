// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/check.h"

#include "examine/examination.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/predictions.h"

namespace shatterproof {
namespace {

void describe(const Examination& examination, Checked& checked) {
  checked.layers = static_cast<int64_t>(examination.structure.layers.size());
  checked.normalizes_batch = examination.normalizes_batch;
}

}  // namespace

Checked check(const Subject& subject, const CheckOptions& options) {
  const CancellationScope heeds(options.cancellation);
  const Session session(subject, options);
  if (!options.dump.empty()) session.dump(options.dump);
  Gathering gathering(session);
  const MeasuredSeeds measured = session.measure(
      measurements_of_rules(), {},
      [&](int64_t index, const Trial& trial, const Measured& one) { gathering.visit(index, trial, one); });
  Checked checked;
  checked.context = session.context();
  checked.graph = graph_record(subject.network);
  checked.readings = measured.readings;
  for (const Measured& draw : measured.draws) checked.draws.push_back(draw.readings);
  if (options.predicts) checked.predictions = predictions_of(session, measured.readings);
  const Examination examination = gathering.examination(measured);
  checked.diagnosis = diagnose(examination, options.thresholds);
  checked.coverage = session.coverage(measured);
  if (!session.examples().remark().empty()) checked.remarks.push_back(session.examples().remark());
  checked.parameters = subject.network.parameter_count();
  describe(examination, checked);
  return checked;
}

Checked check(TapSource& source, const Batch& batch, const CheckOptions& options) {
  const CancellationScope heeds(options.cancellation);
  MeasureRequest request;
  request.run.functional = options.functional.value_or(Functional{Functional::Kind::random});
  request.run.dtype = options.dtype;
  request.run.device = options.device;
  request.run.mini_batch = options.mini_batch;
  request.batch_norm = options.batch_norm;
  const Measured measured = measure(source, batch, measurements_of_rules(), request);
  Checked checked;
  checked.context = context_of_library();
  const std::optional<RunContext> recorded = source.recorded();
  checked.context.inputs = recorded ? "a dump of taps" : batch.description;
  checked.context.examples = recorded ? recorded->examples : batch.examples();
  checked.context.functional = recorded ? recorded->functional : request.run.functional.text();
  checked.context.batch_norm = recorded             ? recorded->batch_norm
                               : request.batch_norm ? std::string(to_string(*request.batch_norm))
                                                    : "as each measurement asks";
  if (source.graph()) {
    checked.graph = graph_record(*source.graph());
    checked.parameters = source.graph()->parameter_count();
  }
  checked.readings = measured.readings;
  checked.draws = {measured.readings};
  const Examination examination = examination_of(source, batch, request.run, measured.readings);
  checked.diagnosis = diagnose(examination, options.thresholds);
  checked.coverage = measured.coverage;
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
