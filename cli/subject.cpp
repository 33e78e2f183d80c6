// SPDX-License-Identifier: Apache-2.0
#include "cli/subject.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "cli/outputs.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/onnx/subject.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostSeeds = 100'000;

// No family has a dot in its name: what stands before the options ends like a file's.
bool looks_like_path(const std::string& text) {
  std::error_code too_long_for_one;
  return text.substr(0, text.find(':')).find('.') != std::string::npos ||
         text.find('/') != std::string::npos || std::filesystem::exists(text, too_long_for_one);
}

}  // namespace

Subject load_subject(const Arguments& arguments) {
  const std::string& name = arguments.network;
  if (name.empty()) {
    throw std::invalid_argument(
        "NETWORK is missing: an ONNX file, or a family such as residual:depth=50,norm=batch");
  }
  const bool family = find_family(name.substr(0, name.find(':'))) != nullptr;
  if (family || !looks_like_path(name)) {
    if (!arguments.shape.empty())
      reject("--shape", "speaks of axes that a file leaves free", "the family " + name);
    return subject_of_family(name);
  }
  ImportOptions options;
  options.memory_limit = bytes("--memory", arguments.memory).value_or(0);
  options.shapes = named_sizes("--shape", arguments.shape);
  return subject_of_file(name, options);
}

WeightRequest weight_request(const Arguments& arguments) {
  WeightRequest request;
  request.scheme = arguments.init;
  request.first_seed = static_cast<uint64_t>(whole_number("--seed", arguments.seed, 1, 0, int64_t{1} << 62));
  request.count = whole_number("--seeds", arguments.seeds, 0, 1, kMostSeeds);
  request.as_is = arguments.as_is;
  return request;
}

Preprocessing preprocessing_of(const Arguments& arguments) {
  Preprocessing preprocessing;
  const std::vector<double> scale = finite_numbers("--scale", arguments.scale);
  if (scale.size() > 1) reject("--scale", "must be one number", "'" + arguments.scale + "'");
  if (!scale.empty()) preprocessing.scale = scale[0];
  preprocessing.mean = finite_numbers("--mean", arguments.mean);
  preprocessing.std = finite_numbers("--std", arguments.std);
  return preprocessing;
}

ExampleRequest example_request(const Arguments& arguments) {
  ExampleRequest request;
  request.source = arguments.inputs;
  request.preprocessing = preprocessing_of(arguments);
  if (!arguments.layout.empty()) request.layout = parse_layout(arguments.layout);
  request.count = whole_number("--batch", arguments.batch, 0, 1, kMostExamples);
  return request;
}

SessionOptions session_options(const Arguments& arguments, const Console& console) {
  SessionOptions options;
  options.weights = weight_request(arguments);
  options.examples = example_request(arguments);
  if (!arguments.functional.empty()) options.functional = Functional::parse(arguments.functional);
  if (!arguments.batch_norm.empty())
    options.batch_norm = parse_batch_statistics(current_word(arguments.batch_norm, console), "--batch-norm");
  const std::string dtype = one_of("--dtype", arguments.dtype, "float32", {"float32", "float64"});
  options.dtype = dtype == "float64" ? at::kDouble : at::kFloat;
  if (!arguments.device.empty()) options.device = arguments.device;
  options.mini_batch =
      whole_number("--mini-batch", arguments.mini_batch, 0, 1, std::numeric_limits<int32_t>::max());
  options.threads = thread_count(arguments.threads, 0);
  options.memory = bytes("--memory", arguments.memory).value_or(0);
  options.progress = [&console](std::string_view stage, int64_t done, int64_t all) {
    console.stage(stage, done, all);
  };
  return options;
}

std::unique_ptr<ResultsWriter> results_writer(const std::string& json, std::ostream& out) {
  if (json.empty()) return nullptr;
  if (json == "-") return std::make_unique<ResultsWriter>(out);
  require_json_output(json);
  return std::make_unique<ResultsWriter>(json);
}

}  // namespace shatterproof::cli
