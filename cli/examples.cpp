// SPDX-License-Identifier: Apache-2.0
#include "cli/examples.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kDefaultExamples = 256;
constexpr int64_t kMostExamples = int64_t{1} << 24;

bool is_scalar(const std::vector<Input>& inputs) {
  return inputs.size() == 1 && inputs[0].shape.size() == 2 && inputs[0].shape[1] == 1;
}

std::string default_source(const std::vector<Input>& inputs, bool along_path) {
  if (!along_path) return "gaussian";
  return is_scalar(inputs) ? "grid:-2:2:256" : "path:256";
}

// The source without "path:POINTS:", where the examples come from.
std::string origin_of(const std::string& source) {
  if (source != "path" && !source.starts_with("path:")) return source;
  const size_t points = source.find(':');
  const size_t origin = points == std::string::npos ? points : source.find(':', points + 1);
  return origin == std::string::npos ? "gaussian" : source.substr(origin + 1);
}

}  // namespace

Preprocessing preprocessing_of(const Arguments& arguments) {
  Preprocessing preprocessing;
  const std::vector<double> scale = finite_numbers("--scale", arguments.scale);
  if (scale.size() > 1) reject("--scale", "must be one number", "'" + arguments.scale + "'");
  if (!scale.empty()) preprocessing.scale = scale[0];
  preprocessing.mean = finite_numbers("--mean", arguments.mean);
  preprocessing.std = finite_numbers("--std", arguments.std);
  return preprocessing;
}

Examples::Examples(const Subject& subject, const Draws& draws, const Arguments& arguments,
                   const ExampleNeeds& needs, RunSetup& setup)
    : inputs_(subject.network.inputs()) {
  request_.source = arguments.inputs.empty() ? default_source(inputs_, needs.along_path) : arguments.inputs;
  request_.preprocessing = preprocessing_of(arguments);
  if (!arguments.layout.empty()) request_.layout = parse_layout(arguments.layout);

  const std::string origin = origin_of(request_.source);
  const bool says_how_many = origin.find(':') != std::string::npos &&
                             (origin.starts_with("gaussian:") || origin.starts_with("grid:"));
  const int64_t asked = whole_number("--batch", arguments.batch, 0, 1, kMostExamples);
  if (asked != 0 && says_how_many)
    reject("--batch", "the inputs say how many examples there are", "'" + origin + "'");
  const bool count_is_free = asked == 0 && !says_how_many && !needs.all;
  request_.range.count = count_is_free ? kDefaultExamples : asked;
  request_.range.or_fewer = count_is_free;

  Batch sample = load_batch(request_, inputs_, setup.options.seed);
  fit(subject, draws, count_is_free, sample, setup);
  count_ = sample.examples();
  description_ = sample.description;
  const DatasetRecord* record = find_dataset(origin.substr(0, origin.find(':')));
  if (record == nullptr || !record->generated) file_ = std::move(sample);
}

void Examples::keep(int64_t count, Batch& sample) {
  if (count == sample.examples()) return;
  request_.range.count = count;
  sample = sample.slice(0, count);
  sample.description =
      fmt::format("{}, {} examples", request_.source.substr(0, request_.source.find(':')), count);
}

void Examples::fit(const Subject& subject, const Draws& draws, bool count_is_free, Batch& sample,
                   RunSetup& setup) {
  const int64_t total = sample.examples();
  if (const int64_t unit = subject.fixed_batch; unit > 0) {
    if (total < unit || (total % unit != 0 && !count_is_free)) {
      reject(subject.description, fmt::format("runs {} examples at a time and no other number", unit),
             fmt::format("{} examples", total));
    }
    setup.options.mini_batch = unit;
    keep(total / unit * unit, sample);
    return;
  }
  if (setup.options.mini_batch > 0) return;
  const int64_t at_once = std::min<int64_t>(setup.threads, draws.count);
  const int64_t fitting =
      fitting_batch(subject.network, setup.options, sample.slice(0, 1), total, setup.memory / at_once);
  if (fitting >= total) return;
  const bool shrinks = count_is_free && !sample.along_path;
  if (shrinks) {
    keep(fitting, sample);
  } else {
    setup.options.mini_batch = fitting;
  }
  remark_ = fmt::format("{} examples{}: as many as fit into {}{}", fitting, shrinks ? "" : " at a time",
                        short_bytes(setup.memory),
                        at_once > 1 ? fmt::format(" with {} draws at once", at_once) : "");
}

Batch Examples::batch(uint64_t seed) const {
  return file_.inputs.empty() ? load_batch(request_, inputs_, seed) : file_;
}

}  // namespace shatterproof::cli
