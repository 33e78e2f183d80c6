// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/answer.h"

#include <fmt/format.h>

#include <sstream>

#include "shatterproof/examine/check.h"
#include "shatterproof/examine/measured_subject.h"
#include "shatterproof/examine/weight_draws.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/study/reproduction.h"

namespace shatterproof::cli {
namespace {

MeasuredSubject measured(const Subject& subject, const LabSetting& setting, bool whole,
                         const Cancellation& cancellation) {
  MeasureOptions options;
  static_cast<SessionOptions&>(options) = setting.session();
  options.cancellation = &cancellation;
  options.predicts = whole;
  if (subject.origin != Origin::family) {
    options.weights.scheme.clear();
    options.batch_norm = BatchStatistics::detached;
  }
  return measure(subject, lab_measurements(whole), options);
}

void write_readings(ResultsWriter& writer, const MeasuredSubject& subject, const std::string& name) {
  for (Reading reading : subject.readings) {
    reading.case_name = name;
    writer.write(reading);
  }
  for (PredictionRecord prediction : subject.predictions) {
    prediction.reading.case_name = name;
    writer.write(prediction);
  }
}

void write_verdict(ResultsWriter& writer, const Subject& subject, const LabSetting& setting,
                   const Cancellation& cancellation) {
  CheckOptions options;
  static_cast<SessionOptions&>(options) = setting.session();
  options.cancellation = &cancellation;
  options.rehearses = false;
  options.predicts = false;
  const Diagnosis diagnosis = check(subject, options).diagnosis;
  for (const Finding& finding : diagnosis.findings) writer.write(finding);
  writer.write(verdict_record(diagnosis));
}

void write_drawn(ResultsWriter& writer, const LabSetting& setting, bool whole,
                 const Cancellation& cancellation) {
  const Subject subject = subject_of_family(setting.network());
  const MeasuredSubject all = measured(subject, setting, whole, cancellation);
  writer.write(all.context);
  write_readings(writer, all, "");
  if (whole) write_verdict(writer, subject, setting, cancellation);
  writer.write(all.coverage);
}

void write_trained(ResultsWriter& writer, const LabSetting& setting, bool whole, LabTraining& training,
                   const Cancellation& cancellation) {
  const Subject drawn = subject_of_family(setting.network());
  const MeasuredSubject before = measured(drawn, setting, whole, cancellation);
  const Trainer& trainer = training.trained(setting);
  const MeasuredSubject after = measured(subject_of_network(trainer.network()), setting, whole, cancellation);
  writer.write(before.context);
  write_readings(writer, before, "before training");
  const int64_t steps = setting.count("steps");
  write_readings(writer, after, fmt::format("after {} step{}", steps, steps == 1 ? "" : "s"));
  for (const EpochRecord& epoch : trainer.epochs()) writer.write(epoch);
  writer.write(after.coverage);
}

void write_noise(ResultsWriter& writer, const LabSetting& setting) {
  ReproduceOptions options;
  options.first_seed = static_cast<uint64_t>(setting.count("seed"));
  write(writer, reproduction(parse_study(setting.study(), "laboratory", false), options));
}

}  // namespace

std::string lab_results(const LabSetting& setting, bool whole, LabTraining& training,
                        const Cancellation& cancellation) {
  const CancellationScope heeds(&cancellation);
  std::ostringstream text;
  ResultsWriter writer(text);
  if (setting.is_noise()) {
    write_noise(writer, setting);
  } else if (setting.count("steps") > 0) {
    write_trained(writer, setting, whole, training, cancellation);
  } else {
    write_drawn(writer, setting, whole, cancellation);
  }
  writer.close();
  return text.str();
}

Network lab_network(const LabSetting& setting, LabTraining& training, const Cancellation& cancellation) {
  const CancellationScope heeds(&cancellation);
  if (setting.count("steps") > 0) return training.trained(setting).network();
  const Subject subject = subject_of_family(setting.network());
  const WeightDraws draws = weight_draws(subject, setting.session().weights);
  return drawn_network(subject, draws, draws.first_seed).network;
}

}  // namespace shatterproof::cli
