// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/training.h"

#include "cli/lab/control.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/examine/training.h"

namespace shatterproof::cli {
namespace {

constexpr const char* kSteps = "steps";
constexpr const char* kExamples = "teacher:256:0:2";
constexpr int64_t kExamplesOfAStep = 256;

std::string all_but_steps(const LabSetting& setting) {
  std::string all;
  for (const LabControl& control : lab_controls()) {
    if (control.name != kSteps) all += control.name + "=" + setting.word(control.name) + "&";
  }
  return all;
}

Training training_from(const Subject& subject, const LabSetting& setting) {
  TrainingRequest request;
  request.examples = kExamples;
  request.options.epochs = static_cast<int64_t>(find_lab_control(kSteps)->range.most);
  request.options.batch = kExamplesOfAStep;
  request.options.learning_rate = setting.number("rate");
  SessionOptions options = setting.session();
  options.examples = {};
  options.functional.reset();
  return training_of(subject, settings_of(subject, options), std::move(request));
}

}  // namespace

struct LabTraining::Run {
  explicit Run(const LabSetting& setting)
      : subject(subject_of_family(setting.network())),
        training(training_from(subject, setting)),
        trainer(training.network, training.options, training.examples) {}

  Subject subject;
  Training training;
  Trainer trainer;
};

LabTraining::LabTraining() = default;
LabTraining::~LabTraining() = default;

const Trainer& LabTraining::trained(const LabSetting& setting) {
  const std::string what = all_but_steps(setting);
  const auto steps = static_cast<size_t>(setting.count(kSteps));
  if (!run_ || what != what_ || run_->trainer.epochs().size() > steps) {
    run_.reset();  // two of them would take twice the memory
    run_ = std::make_unique<Run>(setting);
    what_ = what;
  }
  try {
    // Epochs, since an interrupt may come between a step and what ends its epoch.
    while (run_->trainer.epochs().size() < steps && !run_->trainer.finished()) run_->trainer.step();
  } catch (const Interrupted&) {
    throw;
  } catch (...) {
    run_.reset();  // in the middle of a step
    throw;
  }
  return run_->trainer;
}

}  // namespace shatterproof::cli
