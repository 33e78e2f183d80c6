// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"

namespace shatterproof::cli {

void add_network_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option("network", arguments.network,
                 "An ONNX file, or a family such as residual:depth=50,norm=batch")
      ->type_name("NETWORK");
  add_draw_arguments(app, arguments);
}

void add_draw_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option("--init", arguments.init,
                 "Draw all weights anew: he, glorot, lecun, gaussian:std=S, orthogonal, ...")
      ->type_name("SCHEME");
  add_shape_argument(app, arguments.shape);
  app.add_option("--seeds", arguments.seeds, "How many draws (5 for a family or with --init, else 1)")
      ->type_name("N");
  app.add_option("--seed", arguments.seed, "The first draw's seed (1)")->type_name("S");
  add_as_is_argument(app, arguments.as_is);
}

void add_shape_argument(CLI::App& app, std::string& shape) {
  app.add_option(
         "--shape", shape,
         "Sizes of axes that a file leaves free besides the batch, by their names in the file (a note says "
         "what noise has there)")
      ->type_name("AXIS=N,...");
}

void add_input_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option("--inputs", arguments.inputs,
                 "gaussian, grid:LOW:HIGH:N, FILE.npy, cifar10:PATH, mnist:PATH, path:... (gaussian of the "
                 "input's shape)")
      ->type_name("SPEC");
  add_preprocessing_arguments(app, arguments);
  app.add_option("--batch", arguments.batch, "Examples (256, fewer when they do not fit into --memory)")
      ->type_name("N");
}

void add_preprocessing_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option("--scale", arguments.scale, "Divide inputs by this first, 255 for bytes (1)")
      ->type_name("X");
  app.add_option("--mean", arguments.mean, "Then subtract: one number or one per channel (0)")
      ->type_name("M,...");
  app.add_option("--std", arguments.std, "Then divide: one number or one per channel (1)")
      ->type_name("S,...");
  app.add_option("--layout", arguments.layout,
                 "How the network wants images: nchw or nhwc (from its input's shape)")
      ->type_name("LAYOUT");
}

void add_device_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option("--dtype", arguments.dtype, "float32 or float64 (float32)")->type_name("TYPE");
  app.add_option("--device", arguments.device, "cpu or cuda (cpu)")->type_name("DEVICE");
  app.add_option("--threads", arguments.threads, "Threads (all processors)")->type_name("N");
  app.add_option("--memory", arguments.memory,
                 "Memory that runs may take, as 4G (half of the machine's, at most 4G)")
      ->type_name("BYTES");
}

void add_machine_arguments(CLI::App& app, Arguments& arguments) {
  add_device_arguments(app, arguments);
  app.add_option("--mini-batch", arguments.mini_batch, "Examples run at a time (all that fit)")
      ->type_name("N");
}

void add_run_arguments(CLI::App& app, Arguments& arguments) {
  app.add_option(
         "--functional", arguments.functional,
         "What is differentiated: sum, random, probe, logit:K, loss (sum for families, random for files)")
      ->type_name("F");
  app.add_option(
         "--batch-norm", arguments.batch_norm,
         "Batch statistics: detached, attached or stored (stored for a file's own weights, else as each "
         "measurement asks)")
      ->type_name("WORD");
  add_machine_arguments(app, arguments);
}

void add_as_is_argument(CLI::App& app, bool& as_is) {
  app.add_flag("--as-is", as_is, "Take a file as it is although batch norm was folded into its weights");
}

void add_json_argument(CLI::App& app, std::string& json) {
  app.add_option("--json", json, "Also write the results as JSON Lines; - prints only those")
      ->type_name("FILE");
}

void add_report_argument(CLI::App& app, std::string& report) {
  app.add_option("--report", report, "Also draw the results as one page, to be opened from disk")
      ->type_name("FILE.html");
}

void add_output_arguments(CLI::App& app, Arguments& arguments) {
  add_json_argument(app, arguments.json);
  add_report_argument(app, arguments.report);
  app.add_option("--dump", arguments.dump, "Write inputs, taps and weights of the first draw as .npy files")
      ->type_name("DIR");
  app.add_option("--taps", arguments.taps, "Read such a dump instead of running a network")->type_name("DIR");
}

std::string current_word(const std::string& word, const Console& console) {
  static const std::map<std::string, std::string> renamed = {
      {"held", "detached"}, {"through", "attached"}, {"running", "stored"}};
  const auto found = renamed.find(word);
  if (found == renamed.end()) return word;
  console.say(word + " is called " + found->second + " now");
  return found->second;
}

int64_t whole_number(std::string_view option, const std::string& text, int64_t otherwise, int64_t least,
                     int64_t most) {
  if (text.empty()) return otherwise;
  const std::optional<int64_t> number = parse_whole_number(text);
  if (!number || *number < least || *number > most) {
    reject(option, fmt::format("must be a whole number from {} to {}", least, most), "'" + text + "'");
  }
  return *number;
}

int thread_count(const std::string& text, int otherwise) {
  constexpr int64_t kFew = 64, kForEach = 4;
  const int64_t most = std::max(kFew, kForEach * available_threads());
  return static_cast<int>(whole_number("--threads", text, otherwise, 1, most));
}

std::vector<double> finite_numbers(std::string_view option, const std::string& text) {
  std::vector<double> numbers;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::optional<double> number = parse_number(rest.substr(0, comma));
    if (!number || !std::isfinite(*number)) {
      reject(option, "must be finite numbers separated by commas", "'" + text + "'");
    }
    numbers.push_back(*number);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    if (comma != std::string_view::npos && rest.empty()) {
      reject(option, "must not end with a comma", "'" + text + "'");
    }
  }
  return numbers;
}

std::string images_of_studies(const std::string& text) {
  if (!text.empty()) {
    if (text != "procedural" && !text.starts_with("cifar10:"))
      reject("--images", "must be procedural or cifar10:FOLDER", "'" + text + "'");
    return text;
  }
  const char* data = std::getenv("SHATTERPROOF_DATA");
  const std::filesystem::path folder =
      data == nullptr ? std::filesystem::path() : std::filesystem::path(data) / "cifar10";
  std::error_code error;
  return data != nullptr && std::filesystem::is_directory(folder, error) ? "cifar10:" + folder.string()
                                                                         : "procedural";
}

std::optional<int64_t> bytes(std::string_view option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  constexpr std::string_view kSuffixes = "KMGT";
  std::string_view digits = text;
  double unit = 1;
  if (const size_t suffix = kSuffixes.find(digits.back()); suffix != std::string_view::npos) {
    unit = std::pow(1024.0, static_cast<double>(suffix) + 1);
    digits.remove_suffix(1);
  }
  const std::optional<double> number = parse_number(digits);
  constexpr double kMost = 0x1p50;
  if (!number || !(*number > 0) || *number * unit > kMost || *number * unit < 1) {
    reject(option, "must be a positive number of bytes with K, M, G or T, as 4G", "'" + text + "'");
  }
  return static_cast<int64_t>(*number * unit);
}

std::map<std::string, int64_t> named_sizes(std::string_view option, const std::string& text) {
  std::map<std::string, int64_t> sizes;
  for (size_t first = 0; first < text.size();) {
    const size_t end = std::min(text.find(',', first), text.size());
    const std::string entry = text.substr(first, end - first);
    const size_t equals = entry.rfind('=');
    const std::optional<int64_t> size =
        equals == std::string::npos ? std::nullopt : parse_whole_number(entry.substr(equals + 1));
    if (equals == 0 || !size || *size < 1)
      reject(option, "is written AXIS=N[,AXIS=N], each N from 1", "'" + text + "'");
    sizes[entry.substr(0, equals)] = *size;
    first = end + 1;
  }
  return sizes;
}

std::string one_of(std::string_view option, const std::string& text, const std::string& otherwise,
                   const std::vector<std::string>& known) {
  if (text.empty()) return otherwise;
  if (std::find(known.begin(), known.end(), text) == known.end())
    reject_unknown(option, "value", text, known);
  return text;
}

}  // namespace shatterproof::cli
