// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/run/dump.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {
Session::Session(const Subject& subject, const SessionOptions& options)
    : subject_(as_it_trains(subject, options)),
      settings_(settings_of(subject_, options)),
      examples_(subject_, options.examples, settings_.run,
                {settings_.memory, std::min<int64_t>(settings_.threads, settings_.draws.count)}),
      progress_(options.progress) {
  settings_.run.mini_batch = examples_.mini_batch();
  use_threads(settings_.threads);
}

Trial Session::trial(uint64_t seed) const {
  Initialization drawn = drawn_network(subject_, settings_.draws, seed);
  return {std::move(drawn.network), examples_.batch(seed), subject_.untrained, std::move(drawn.notes)};
}

void Session::progress(std::string_view stage, int64_t done, int64_t all) const {
  if (progress_) progress_(stage, done, all);
}

MeasureRequest Session::request() const {
  MeasureRequest request;
  request.run = settings_.run;
  request.batch_norm = settings_.batch_norm;
  return request;
}

MeasuredSeeds Session::measure(const std::vector<std::string>& names, const std::string& tap,
                               const TrialVisit& visit) const {
  MeasureRequest request = this->request();
  request.tap = tap;
  std::mutex mutex;
  int64_t measured = 0;
  const auto tell = [&](int64_t newly) {
    const std::lock_guard lock(mutex);
    progress("measuring", measured += newly, settings_.draws.count);
  };
  tell(0);
  const auto draw = [&](uint64_t seed) { return trial(seed); };
  return measure_over_seeds({settings_.draws.first_seed, settings_.draws.count, settings_.threads}, draw,
                            names, request,
                            [&](int64_t index, const Trial& trial, TapSource& source, const Measured& one) {
                              tell(1);
                              if (visit) visit(index, trial, source, one);
                            });
}

void Session::dump(const std::string& folder) const {
  if (settings_.run.mini_batch > 0 && settings_.run.mini_batch < examples_.count()) {
    reject("--dump", "the batch must run in one piece; choose a smaller --batch",
           fmt::format("{} examples, {} at a time", examples_.count(), settings_.run.mini_batch));
  }
  TapDump taps(folder);
  const Trial first = trial(settings_.draws.first_seed);
  Execution execution(first.network, settings_.run);
  Observer* observer = &taps;
  execution.run(first.batch, {&observer, 1});
  const bool held = settings_.run.batch_norm == BatchStatistics::detached;
  taps.close(first.network, held ? first.batch.statistics_inputs : std::vector<at::Tensor>());
}

ContextRecord Session::context() const {
  ContextRecord context = context_record(subject_, settings_);
  context.inputs = examples_.description();
  context.examples = examples_.count();
  return context;
}

CoverageRecord Session::coverage(const MeasuredSeeds& measured) const {
  CoverageRecord record = measured.coverage;
  std::vector<std::string> notes = subject_.notes;
  const std::vector<std::string>& of_draw = measured.draws.front().notes;
  notes.insert(notes.end(), of_draw.begin(), of_draw.end());
  record.approximated.insert(record.approximated.begin(), notes.begin(), notes.end());
  return record;
}

}  // namespace shatterproof
