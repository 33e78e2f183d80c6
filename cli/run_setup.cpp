// SPDX-License-Identifier: Apache-2.0
#include "cli/run_setup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <ctime>
#include <limits>

#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostThreads = 4096;

std::optional<BatchStatistics> batch_norm_of(const Arguments& arguments, const Draws& draws) {
  std::optional<BatchStatistics> asked;
  if (!arguments.batch_norm.empty()) asked = parse_batch_statistics(arguments.batch_norm, "--batch-norm");
  if (asked == BatchStatistics::stored && !draws.scheme.empty()) {
    reject("--batch-norm",
           "running statistics belong to other weights than those drawn by " + draws.scheme +
               "; use held or through",
           "stored");
  }
  // A file's own weights are judged with the statistics they were trained to have.
  return !asked && draws.scheme.empty() ? BatchStatistics::stored : asked;
}

}  // namespace

RunSetup run_setup(const Subject& subject, const Draws& draws, const Arguments& arguments) {
  RunSetup setup;
  const std::string otherwise = subject.from_file ? "random" : "sum";
  setup.options.functional =
      Functional::parse(arguments.functional.empty() ? otherwise : arguments.functional);
  setup.batch_norm = batch_norm_of(arguments, draws);
  setup.options.batch_norm = setup.batch_norm.value_or(BatchStatistics::detached);
  const std::string dtype = one_of("--dtype", arguments.dtype, "float32", {"float32", "float64"});
  setup.options.dtype = dtype == "float64" ? at::kDouble : at::kFloat;
  if (!arguments.device.empty()) setup.options.device = arguments.device;
  setup.options.seed = draws.first_seed;
  setup.options.mini_batch =
      whole_number("--mini-batch", arguments.mini_batch, 0, 1, std::numeric_limits<int32_t>::max());
  setup.threads =
      static_cast<int>(whole_number("--threads", arguments.threads, available_threads(), 1, kMostThreads));
  setup.memory = bytes("--memory", arguments.memory).value_or(default_memory_budget());
  return setup;
}

ContextRecord context_record(const std::string& command_line) {
  ContextRecord context;
  context.version = SHATTERPROOF_VERSION;
  context.command = command_line;
  context.dtype = "float32";
  context.device = "cpu";
  context.libtorch = TORCH_VERSION;
  context.date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  return context;
}

ContextRecord context_record(const Subject& subject, const Draws& draws, const RunSetup& setup,
                             const std::string& command_line) {
  ContextRecord context = context_record(command_line);
  context.network = subject.description;
  context.initializer = draws.scheme;
  context.seed = draws.first_seed;
  context.seeds = draws.count;
  context.functional = setup.options.functional.text();
  context.batch_norm =
      setup.batch_norm ? std::string(to_string(*setup.batch_norm)) : "as each measurement asks";
  context.dtype = setup.options.dtype == at::kDouble ? "float64" : "float32";
  context.device = setup.options.device;
  context.threads = setup.threads;
  return context;
}

}  // namespace shatterproof::cli
