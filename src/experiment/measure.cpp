// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/measure.h"

#include <algorithm>
#include <map>

#include "experiment/initial_weights.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/experiment/catalog.h"

namespace shatterproof {
namespace {

// One name that was asked for, and what came of it.
struct Task {
  const MeasurementRecord* record = nullptr;
  Functional functional;
  BatchStatistics batch_norm = BatchStatistics::detached;
  std::unique_ptr<Measurement> measurement;  // of Needs::taps
  std::vector<Reading> readings;

  std::string group() const { return functional.text() + "/" + std::string(to_string(batch_norm)); }
};

std::vector<Task> tasks_for(const std::vector<std::string>& names, const MeasureRequest& request) {
  if (names.empty()) reject("measure", "needs the name of a measurement", "none");
  std::vector<Task> tasks;
  for (const std::string& name : names) {
    Task task;
    task.record = &measurement_of(name);
    const bool asked_already = std::any_of(tasks.begin(), tasks.end(),
                                           [&](const Task& other) { return other.record == task.record; });
    if (asked_already) continue;
    task.functional = request.functional;
    if (task.record->functional == PreferredFunctional::probe) task.functional.kind = Functional::Kind::probe;
    if (task.record->functional == PreferredFunctional::loss) task.functional.kind = Functional::Kind::loss;
    const bool held = task.record->batch_norm == PreferredStatistics::detached;
    task.batch_norm = request.batch_norm.value_or(held ? BatchStatistics::detached : BatchStatistics::attached);
    if (task.record->make) task.measurement = task.record->make(request.options);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

SeedMean mean_of(const MeasurementRecord& record, const Reading& reading) {
  for (const CompanionReading& companion : record.companions) {
    if (companion.name == reading.name && companion.type == reading.type) return companion.over_seeds;
  }
  return record.over_seeds;
}

void reject_unknown_tap(const Execution& execution, const std::string& name) {
  std::vector<std::string> known;
  for (const Tap& tap : execution.taps()) {
    if (name.empty() || tap.name == name) return;
    known.push_back(tap.name);
  }
  reject_unknown("measure", "tap", name, known);
}

bool wants_gradients(const std::vector<Task*>& group, const Execution& execution, const Batch& batch) {
  RunContext context;
  context.examples = batch.examples();
  context.along_path = batch.along_path;
  for (const Task* task : group) {
    task->measurement->begin(context);
    for (const Tap& tap : execution.taps()) {
      if (task->measurement->wants_backward(tap)) return true;
    }
  }
  return false;
}

void run_group(const std::vector<Task*>& group, Execution& execution, const Batch& batch) {
  std::vector<Observer*> observers;
  for (const Task* task : group) observers.push_back(task->measurement.get());
  if (wants_gradients(group, execution, batch)) {
    execution.run(batch, observers);
  } else {
    execution.observe_forward(batch, observers);
  }
  for (Task* task : group) task->readings = task->measurement->readings();
}

}  // namespace

RunOptions MeasureRequest::run_options(const Functional& functional, BatchStatistics batch_norm) const {
  RunOptions options;
  options.functional = functional;
  options.batch_norm = batch_norm;
  options.dtype = dtype;
  options.device = device;
  options.seed = seed;
  options.mini_batch = mini_batch;
  return options;
}

Measured measure(const Network& network, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request) {
  std::vector<Task> tasks = tasks_for(names, request);
  std::map<std::string, std::vector<Task*>> groups;
  for (Task& task : tasks) {
    if (task.measurement) groups[task.group()].push_back(&task);
  }
  Measured measured;
  for (auto& [key, group] : groups) {
    Execution execution(network, request.run_options(group[0]->functional, group[0]->batch_norm));
    reject_unknown_tap(execution, request.options.tap);
    run_group(group, execution, batch);
    measured.coverage = execution.coverage();
  }
  if (groups.empty()) {
    const Execution execution(network, request.run_options(tasks[0].functional, tasks[0].batch_norm));
    reject_unknown_tap(execution, request.options.tap);
    measured.coverage = execution.coverage();
  }
  for (Task& task : tasks) {
    if (!task.measurement) {
      MeasureRequest own = request;
      if (task.record->needs == Needs::initial_weights)
        own.initial = with_initial_weights(network, request.initial, task.record->name);
      own.functional = task.functional;
      own.batch_norm = task.batch_norm;
      task.readings = task.record->run(network, batch, own);
    }
    for (Reading& reading : task.readings) {
      reading.functional = task.functional.text();
      reading.batch_norm = to_string(task.batch_norm);
      reading.over_seeds = mean_of(*task.record, reading);
      measured.readings.push_back(std::move(reading));
    }
  }
  return measured;
}

MeasuredSeeds measure_over_seeds(const SeedRange& seeds, const std::function<Trial(uint64_t seed)>& draw,
                                 const std::vector<std::string>& names, const MeasureRequest& request) {
  if (seeds.count < 1) reject("measure", "needs at least one seed", std::to_string(seeds.count));
  MeasuredSeeds measured;
  measured.draws.resize(static_cast<size_t>(seeds.count));
  run_in_parallel(seeds.count, seeds.threads, [&](int64_t i) {
    MeasureRequest own = request;
    own.seed = seeds.first + static_cast<uint64_t>(i);
    const Trial drawn = draw(own.seed);
    if (drawn.initial) own.initial = drawn.initial;
    measured.draws[static_cast<size_t>(i)] = measure(drawn.network, drawn.batch, names, own);
  });
  const auto same_place = [](const Reading& a, const Reading& b) {
    return a.name == b.name && a.tap == b.tap && a.type == b.type;
  };
  for (const Reading& reading : measured.draws.front().readings) {
    std::vector<Reading> over_seeds;
    for (const Measured& one : measured.draws) {
      const auto found = std::find_if(one.readings.begin(), one.readings.end(),
                                      [&](const Reading& other) { return same_place(reading, other); });
      if (found != one.readings.end()) over_seeds.push_back(*found);
    }
    measured.readings.push_back(mean_over_seeds(over_seeds));
  }
  measured.coverage = measured.draws.front().coverage;
  return measured;
}

}  // namespace shatterproof
