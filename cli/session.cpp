// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <fmt/format.h>

#include <mutex>

#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/run/dump.h"

namespace shatterproof::cli {

Session::Session(const Subject& subject, const Draws& draws, const Arguments& arguments,
                 const ExampleNeeds& needs)
    : subject_(subject),
      draws_(draws),
      setup_(run_setup(subject, draws, arguments)),
      examples_(subject, draws, arguments, needs, setup_) {
  use_threads(setup_.threads);
}

Trial Session::trial(uint64_t seed) const {
  return {drawn_network(subject_, draws_, seed, nullptr), examples_.batch(seed), subject_.initial};
}

MeasuredSeeds Session::measure(const std::vector<std::string>& names, const MeasurementOptions& options,
                               const Console& console) const {
  MeasureRequest request;
  request.functional = setup_.options.functional;
  request.batch_norm = setup_.batch_norm;
  request.dtype = setup_.options.dtype;
  request.device = setup_.options.device;
  request.mini_batch = setup_.options.mini_batch;
  request.options = options;
  std::mutex mutex;
  int64_t begun = 0;
  const auto draw = [&](uint64_t seed) {
    {
      const std::lock_guard lock(mutex);
      console.progress(fmt::format("measuring: draw {} of {}", ++begun, draws_.count));
    }
    return trial(seed);
  };
  MeasuredSeeds measured =
      measure_over_seeds({draws_.first_seed, draws_.count, setup_.threads}, draw, names, request);
  console.progress("");
  return measured;
}

void Session::dump(const std::string& folder) const {
  if (setup_.options.mini_batch > 0 && setup_.options.mini_batch < examples_.count()) {
    reject("--dump", "the batch must run in one piece; choose a smaller --batch",
           fmt::format("{} examples, {} at a time", examples_.count(), setup_.options.mini_batch));
  }
  TapDump taps(folder);
  const Trial first = trial(draws_.first_seed);
  Execution execution(first.network, setup_.options);
  Observer* observer = &taps;
  execution.run(first.batch, {&observer, 1});
  taps.close(first.network);
}

ContextRecord Session::context(const Console& console) const {
  ContextRecord context = context_record(subject_, draws_, setup_, console.command_line);
  context.inputs = examples_.description();
  context.examples = examples_.count();
  return context;
}

CoverageRecord Session::coverage(const Coverage& coverage) const {
  CoverageRecord record;
  record.nodes = coverage.nodes;
  record.measured = coverage.measured;
  record.approximated = subject_.notes;
  if (!draws_.scheme.empty()) drawn_network(subject_, draws_, draws_.first_seed, &record.approximated);
  record.approximated.insert(record.approximated.end(), coverage.approximated.begin(),
                             coverage.approximated.end());
  for (const Coverage::Skipped& skipped : coverage.skipped)
    record.skipped.push_back({skipped.node, skipped.reason});
  return record;
}

std::unique_ptr<ResultsWriter> results_writer(const std::string& json, std::ostream& out) {
  if (json.empty()) return nullptr;
  if (json == "-") return std::make_unique<ResultsWriter>(out);
  return std::make_unique<ResultsWriter>(json);
}

}  // namespace shatterproof::cli
