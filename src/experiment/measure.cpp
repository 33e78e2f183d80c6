// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/measure.h"

#include <algorithm>
#include <map>

#include "experiment/untrained_weights.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/experiment/catalog.h"

namespace shatterproof {
namespace {

// One name that was asked for, and what came of it.
struct Task {
  const ExperimentRecord* record = nullptr;
  MeasurementOptions asked;
  RunOptions options;
  std::unique_ptr<Measurement> measurement;  // of Needs::taps
  std::string obstacle;                      // why the source cannot give it
  std::vector<Reading> readings;

  std::string group() const {
    return options.functional.text() + "/" + std::string(to_string(options.batch_norm));
  }
};

// Why the source cannot give what the record needs; empty when it can.
std::string obstacle_of(const ExperimentRecord& record, const TapSource& source, const RunOptions& options) {
  const bool runs = record.needs == Needs::runs || record.needs == Needs::untrained_weights;
  if (runs && source.recorded()) return "needs the network, a dump has its taps only";
  const bool reads_graph = record.needs == Needs::graph,
             reads_weights = record.needs == Needs::network || record.needs == Needs::untrained_weights;
  if (reads_graph && !source.graph()) return "needs the network, a dump has its taps only";
  if (reads_weights && !source.network()) return "needs the network's weights";
  return source.obstacle(options);
}

Task task_for(const std::string& text, const std::string& tap, TapSource& source,
              const MeasureRequest& request) {
  const ExperimentRecord& record = measurement_of(text);
  Task task;
  task.record = &record;
  task.asked = {tap, Spec::parse(text)};
  task.options = request.run_options(record);
  task.obstacle = obstacle_of(record, source, task.options);
  if (record.make && task.obstacle.empty()) task.measurement = record.make(task.asked);
  return task;
}

const Task* find(const std::vector<Task>& tasks, const ExperimentRecord& record) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.record == &record; });
  return found == tasks.end() ? nullptr : &*found;
}

std::vector<Task> tasks_for(const std::vector<std::string>& names, TapSource& source,
                            const MeasureRequest& request) {
  if (names.empty()) reject("measure", "needs the name of a measurement", "none");
  std::vector<Task> tasks;
  for (const std::string& name : names) {
    const Task* same = find(tasks, measurement_of(name));
    if (same && same->asked.spec.text() != Spec::parse(name).text())
      reject(same->record->name, "can be asked for once", same->asked.spec.text() + " and " + name);
    if (!same) tasks.push_back(task_for(name, request.tap, source, request));
  }
  return tasks;
}

// What experiments rest on and nobody has asked for at all taps.
std::vector<Task> tasks_below(const std::vector<Task>& tasks, TapSource& source,
                              const MeasureRequest& request) {
  std::vector<Task> below;
  for (const Task& task : tasks) {
    if (task.record->rests_on.empty() || !task.obstacle.empty()) continue;
    const std::string& name = task.record->rests_on;
    const ExperimentRecord& record = measurement_of(name);
    const Task* same = find(tasks, record);
    const bool asked = request.tap.empty() && same && same->asked.spec.text() == name;
    if (!asked && !find(below, record)) below.push_back(task_for(name, "", source, request));
  }
  return below;
}

SeedMean mean_of(const MeasurementRecord& record, const Reading& reading) {
  for (const CompanionReading& companion : record.companions) {
    if (companion.name == reading.name && companion.type == reading.type) return companion.over_seeds;
  }
  return record.over_seeds;
}

void reject_unknown_tap(const std::vector<Tap>& taps, const std::string& name) {
  std::vector<std::string> known;
  for (const Tap& tap : taps) {
    if (name.empty() || tap.name == name) return;
    known.push_back(tap.name);
  }
  reject_unknown("measure", "tap", name, known);
}

bool wants_gradients(const std::vector<Task*>& group, const std::vector<Tap>& taps, const Batch& batch) {
  RunContext context;
  context.examples = batch.examples();
  context.along_path = batch.along_path;
  for (const Task* task : group) {
    task->measurement->begin(context);
    for (const Tap& tap : taps) {
      if (task->measurement->wants_backward(tap)) return true;
    }
  }
  return false;
}

void run_group(const std::vector<Task*>& group, TapSource& source, const Batch& batch,
               const std::string& tap) {
  const RunOptions& options = group.front()->options;
  const std::vector<Tap> taps = source.taps(options);
  reject_unknown_tap(taps, tap);
  std::vector<Observer*> observers;
  for (const Task* task : group) observers.push_back(task->measurement.get());
  if (source.recorded() || wants_gradients(group, taps, batch)) {
    source.run(batch, observers, options);
  } else {
    source.observe_forward(batch, observers, options);
  }
  for (Task* task : group) task->readings = task->measurement->readings();
}

void run_taps(std::vector<Task>& tasks, std::vector<Task>& below, TapSource& source, const Batch& batch,
              const std::string& tap) {
  std::map<std::string, std::vector<Task*>> groups;
  const bool in_one_run = source.recorded().has_value();
  for (std::vector<Task>* list : {&tasks, &below}) {
    for (Task& task : *list) {
      if (task.measurement) groups[in_one_run ? "" : task.group()].push_back(&task);
    }
  }
  for (auto& [key, group] : groups) run_group(group, source, batch, tap);
  if (groups.empty()) reject_unknown_tap(source.taps(tasks.front().options), tap);
}

const std::vector<Reading>& readings_of(const std::string& name, const std::vector<Task>& below,
                                        const std::vector<Task>& tasks) {
  static const std::vector<Reading> none;
  for (const std::vector<Task>* list : {&below, &tasks}) {
    for (const Task& task : *list) {
      if (task.record->name == name) return task.readings;
    }
  }
  return none;
}

std::vector<Reading> mean_over_draws(const std::vector<Measured>& draws) {
  std::vector<Reading> means;
  for (const Reading& reading : draws.front().readings) {
    std::vector<Reading> over_draws;
    for (const Measured& draw : draws) {
      const auto found = std::find_if(draw.readings.begin(), draw.readings.end(),
                                      [&](const Reading& other) { return same_place(reading, other); });
      if (found != draw.readings.end()) over_draws.push_back(*found);
    }
    means.push_back(mean_over_seeds(over_draws));
  }
  return means;
}

std::vector<Reading> undefined_readings(const MeasurementRecord& record, const std::string& reason) {
  return {undefined_reading(record.name, record.type, reason)};
}

std::vector<Reading> run_experiment(const Task& task, const std::vector<Task>& below,
                                    const std::vector<Task>& tasks, TapSource& source, const Batch& batch,
                                    const MeasureRequest& request) {
  ExperimentRun run{source, batch, task.options, task.asked};
  if (!task.record->rests_on.empty()) run.readings = readings_of(task.record->rests_on, below, tasks);
  if (task.record->needs != Needs::untrained_weights) return task.record->run(run);
  const Network untrained = with_untrained_weights(run.network(), request.untrained, task.record->name);
  run.untrained = &untrained;
  return task.record->run(run);
}

}  // namespace

RunOptions MeasureRequest::run_options(const MeasurementRecord& record) const {
  RunOptions options = run;
  if (record.functional == PreferredFunctional::probe) options.functional.kind = Functional::Kind::probe;
  if (record.functional == PreferredFunctional::loss) options.functional.kind = Functional::Kind::loss;
  const bool detached = record.batch_norm == PreferredStatistics::detached;
  options.batch_norm = batch_norm.value_or(detached ? BatchStatistics::detached : BatchStatistics::attached);
  return options;
}

Measured measure(TapSource& source, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request) {
  std::vector<Task> tasks = tasks_for(names, source, request);
  std::vector<Task> below = tasks_below(tasks, source, request);
  run_taps(tasks, below, source, batch, request.tap);
  for (Task& task : tasks) {
    if (task.obstacle.empty() && task.record->run)
      task.readings = run_experiment(task, below, tasks, source, batch, request);
  }
  Measured measured;
  measured.coverage = source.coverage();
  const std::optional<RunContext> recorded = source.recorded();
  for (Task& task : tasks) {
    if (!task.obstacle.empty()) {
      task.readings = undefined_readings(*task.record, task.obstacle);
      measured.coverage.skipped.push_back({task.record->name, task.obstacle});
    }
    for (Reading& reading : task.readings) {
      reading.functional = recorded ? recorded->functional : task.options.functional.text();
      reading.batch_norm = recorded ? recorded->batch_norm : std::string(to_string(task.options.batch_norm));
      reading.over_seeds = mean_of(*task.record, reading);
      measured.readings.push_back(std::move(reading));
    }
  }
  return measured;
}

Measured measure(const Network& network, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request) {
  return measure(*tap_source(network, request.run), batch, names, request);
}

MeasuredSeeds measure_over_seeds(const SeedRange& seeds, const std::function<Trial(uint64_t seed)>& draw,
                                 const std::vector<std::string>& names, const MeasureRequest& request,
                                 const TrialVisit& visit) {
  if (seeds.count < 1) reject("measure", "needs at least one seed", std::to_string(seeds.count));
  MeasuredSeeds measured;
  measured.draws.resize(static_cast<size_t>(seeds.count));
  run_in_parallel(seeds.count, seeds.threads, [&](int64_t i) {
    MeasureRequest own = request;
    own.run.seed = seeds.first + static_cast<uint64_t>(i);
    const Trial drawn = draw(own.run.seed);
    if (drawn.untrained) own.untrained = drawn.untrained;
    Measured& one = measured.draws[static_cast<size_t>(i)];
    const std::unique_ptr<TapSource> source = tap_source(drawn.network, own.run);
    one = measure(*source, drawn.batch, names, own);
    one.notes = drawn.notes;
    if (visit) visit(i, drawn, *source, one);
  });
  measured.readings = mean_over_draws(measured.draws);
  measured.coverage = measured.draws.front().coverage;
  return measured;
}

MeasuredSeeds measure_over_seeds(const SeedRange& seeds, TapSource& source, const SourceDraw& draw,
                                 const Batch& batch, const std::vector<std::string>& names,
                                 const MeasureRequest& request,
                                 const std::function<void(int64_t index, const Measured& measured)>& visit) {
  if (seeds.count < 1) reject("measure", "needs at least one seed", std::to_string(seeds.count));
  MeasuredSeeds measured;
  for (int64_t i = 0; i < seeds.count; ++i) {
    MeasureRequest own = request;
    own.run.seed = seeds.first + static_cast<uint64_t>(i);
    std::vector<std::string> notes = draw(own.run.seed);
    measured.draws.push_back(measure(source, batch, names, own));
    measured.draws.back().notes = std::move(notes);
    if (visit) visit(i, measured.draws.back());
  }
  measured.readings = mean_over_draws(measured.draws);
  measured.coverage = measured.draws.front().coverage;
  return measured;
}

}  // namespace shatterproof
