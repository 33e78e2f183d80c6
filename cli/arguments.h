// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace CLI {
class App;
}

namespace shatterproof::cli {

/// The largest numbers that a command line may ask for: examples, and whatever else is counted.
inline constexpr int64_t kMostExamples = int64_t{1} << 24;
inline constexpr int64_t kMostCounted = int64_t{1} << 31;

/// Words of the command line as they were typed; empty: not given. Each command registers what concerns it.
struct Arguments {
  std::string network;
  std::string init, seeds, seed, shape;
  bool as_is = false;
  std::string inputs, scale, mean, std, layout;
  std::string functional, batch_norm, dtype, device, threads, memory, batch, mini_batch;
  std::string json, report, dump, taps;
};

/// NETWORK, the sizes of its free axes and how its weights are drawn: --shape --init --seeds --seed --as-is.
void add_network_arguments(CLI::App& app, Arguments& arguments);
/// The same without NETWORK.
void add_draw_arguments(CLI::App& app, Arguments& arguments);
/// --inputs --scale --mean --std --layout --batch.
void add_input_arguments(CLI::App& app, Arguments& arguments);
/// --scale --mean --std --layout.
void add_preprocessing_arguments(CLI::App& app, Arguments& arguments);
/// --functional --batch-norm --dtype --device --threads --memory --mini-batch.
void add_run_arguments(CLI::App& app, Arguments& arguments);
/// --dtype --device --threads --memory.
void add_device_arguments(CLI::App& app, Arguments& arguments);
/// --device --threads --dtype --memory --mini-batch: what a run without derivatives needs.
void add_machine_arguments(CLI::App& app, Arguments& arguments);

/// --shape.
void add_shape_argument(CLI::App& app, std::string& shape);
/// --as-is.
void add_as_is_argument(CLI::App& app, bool& as_is);
/// --json FILE.
void add_json_argument(CLI::App& app, std::string& json);
/// --report FILE.html.
void add_report_argument(CLI::App& app, std::string& report);
/// --json --report --dump --taps.
void add_output_arguments(CLI::App& app, Arguments& arguments);

/// A word as it is said today; one that was said before is taken, with a line that tells the new one.
std::string current_word(const std::string& word, const Console& console);

/// `text` as a whole number in [least, most], or `otherwise` when empty. Throws std::invalid_argument naming
/// the option; likewise below.
int64_t whole_number(std::string_view option, const std::string& text, int64_t otherwise, int64_t least,
                     int64_t most);
/// Threads, at most a few for each processor: far more than there are spend their time waiting for each
/// other.
int thread_count(const std::string& text, int otherwise);
/// Finite numbers separated by commas; empty when not given.
std::vector<double> finite_numbers(std::string_view option, const std::string& text);
/// Sizes by name, "sequence=64,height=224"; empty when not given.
std::map<std::string, int64_t> named_sizes(std::string_view option, const std::string& text);
/// What studies of images run on: "procedural" or "cifar10:FOLDER"; not given, $SHATTERPROOF_DATA/cifar10
/// where that is a folder.
std::string images_of_studies(const std::string& text);
/// Bytes: a positive number with an optional suffix K, M, G or T (powers of 1024).
std::optional<int64_t> bytes(std::string_view option, const std::string& text);
/// One of `known`, or `otherwise` when empty.
std::string one_of(std::string_view option, const std::string& text, const std::string& otherwise,
                   const std::vector<std::string>& known);

}  // namespace shatterproof::cli
