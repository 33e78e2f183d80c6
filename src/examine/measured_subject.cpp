// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/measured_subject.h"

#include "shatterproof/core/error.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/examine/predictions.h"
#include "shatterproof/experiment/catalog.h"

namespace shatterproof {
namespace {

// Names that run on the same examples.
struct Group {
  bool along_path = false;
  std::vector<std::string> names;
};

std::vector<Group> groups_of(const std::vector<std::string>& names, const ExampleRequest& examples) {
  std::vector<Group> groups;
  for (const std::string& name : names) {
    const bool along_path = measurement_of(name).along_path && examples.source.empty();
    if (groups.empty() || groups.back().along_path != along_path) groups.push_back({along_path, {}});
    groups.back().names.push_back(name);
  }
  return groups;
}

void require_untrained(const Subject& subject, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!subject.untrained && measurement_of(name).needs == Needs::untrained_weights)
      reject(name, "needs the weights before training: add --initial FILE.onnx", "none");
  }
}

}  // namespace

void require_measurements(const std::vector<std::string>& names) {
  if (names.empty()) {
    throw std::invalid_argument(
        "measure: the NAME of a measurement is missing; `list measurements` knows them");
  }
  for (const std::string& name : names) measurement_of(name);
}

MeasuredSubject measure(const Subject& subject, const std::vector<std::string>& names,
                        const MeasureOptions& options) {
  require_measurements(names);
  const std::vector<Group> groups = groups_of(names, options.examples);
  require_untrained(subject, names);
  const CancellationScope heeds(options.cancellation);
  MeasureOptions asked = options;
  if (subject.untrained) asked.weights.scheme = "";  // weights that were trained are not drawn
  MeasuredSubject all;
  for (const Group& group : groups) {
    asked.examples.along_path = group.along_path;
    const Session session(subject, asked);
    const bool is_first = &group == &groups.front();
    if (is_first && !options.dump.empty()) session.dump(options.dump);
    const MeasuredSeeds measured = session.measure(group.names, options.tap);
    if (is_first) {
      all.context = session.context();
      all.graph = graph_record(session.subject().network);
    }
    if (const std::string& remark = session.examples().remark(); !remark.empty())
      all.remarks.push_back(remark);
    all.readings.insert(all.readings.end(), measured.readings.begin(), measured.readings.end());
    if (options.predicts) {
      for (PredictionRecord& prediction : predictions_of(session, measured.readings))
        all.predictions.push_back(std::move(prediction));
    }
    all.coverage = session.coverage(measured);
  }
  return all;
}

MeasuredSubject measure(TapSource& dump, const std::vector<std::string>& names, const std::string& tap) {
  require_measurements(names);
  MeasureRequest request;
  request.tap = tap;
  Measured measured = measure(dump, {}, names, request);
  MeasuredSubject all;
  all.context = context_of_library();
  all.context.inputs = "a dump of taps";
  if (const std::optional<RunContext> recorded = dump.recorded()) {
    all.context.examples = recorded->examples;
    all.context.functional = recorded->functional;
    all.context.batch_norm = recorded->batch_norm;
  }
  all.readings = std::move(measured.readings);
  all.coverage = std::move(measured.coverage);
  return all;
}

void write(ResultsWriter& writer, const MeasuredSubject& measured) {
  writer.write(measured.context);
  if (measured.graph) writer.write(*measured.graph);
  for (const Reading& reading : measured.readings) writer.write(reading);
  for (const PredictionRecord& prediction : measured.predictions) writer.write(prediction);
  writer.write(measured.coverage);
}

}  // namespace shatterproof
