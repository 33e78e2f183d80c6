// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/examples.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof {
namespace {

constexpr int64_t kDefaultExamples = 256;

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

Examples::Examples(const Subject& subject, const ExampleRequest& request, const RunOptions& run,
                   const ExampleLimits& limits)
    : inputs_(subject.network.inputs()), standardizes_(request.standardize), mini_batch_(run.mini_batch) {
  request_.source = request.source.empty() ? default_source(inputs_, request.along_path) : request.source;
  request_.preprocessing = request.preprocessing;
  request_.layout = request.layout;
  const std::string origin = origin_of(request_.source);
  const bool says_how_many = origin.find(':') != std::string::npos &&
                             (origin.starts_with("gaussian:") || origin.starts_with("grid:"));
  if (request.count != 0 && says_how_many)
    reject("--batch", "the inputs say how many examples there are", "'" + origin + "'");
  const bool count_is_free = request.count == 0 && !says_how_many && !request.all;
  request_.range.count = count_is_free ? kDefaultExamples : request.count;
  request_.range.or_fewer = count_is_free;

  Batch sample = load_batch(request_, inputs_, run.seed);
  fit(subject, run, limits, count_is_free, sample);
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

void Examples::fit(const Subject& subject, const RunOptions& run, const ExampleLimits& limits,
                   bool count_is_free, Batch& sample) {
  const int64_t total = sample.examples();
  if (const int64_t unit = subject.fixed_batch; unit > 0) {
    if (total < unit || (total % unit != 0 && !count_is_free)) {
      reject(subject.description, fmt::format("runs {} examples at a time and no other number", unit),
             fmt::format("{} examples", total));
    }
    mini_batch_ = unit;
    keep(total / unit * unit, sample);
    return;
  }
  if (mini_batch_ > 0) return;
  const int64_t fitting =
      fitting_batch(subject.network, run, sample.slice(0, 1), total, limits.memory / limits.at_once);
  if (fitting >= total) return;
  const bool shrinks = count_is_free && !sample.along_path;
  if (shrinks) {
    keep(fitting, sample);
  } else {
    mini_batch_ = fitting;
  }
  remark_ = fmt::format("{} examples{}: as many as fit into {}{}", fitting, shrinks ? "" : " at a time",
                        short_bytes(limits.memory),
                        limits.at_once > 1 ? fmt::format(" with {} draws at once", limits.at_once) : "");
}

Batch Examples::batch(uint64_t seed) const {
  Batch batch = file_.inputs.empty() ? load_batch(request_, inputs_, seed) : file_;
  return standardizes_ ? standardized(batch) : batch;
}

}  // namespace shatterproof
