// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/examples.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/core/spec.h"
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

// Bytes of one example's inputs; an axis that is free counts as one.
double input_bytes(const std::vector<Input>& inputs) {
  double bytes = 0;
  for (const Input& input : inputs) {
    const std::vector<int64_t>& shape = input.drawn_shape.empty() ? input.shape : input.drawn_shape;
    double numbers = sizeof(float);
    for (size_t axis = 1; axis < shape.size(); ++axis)
      numbers *= static_cast<double>(std::max<int64_t>(1, shape[axis]));
    bytes += numbers;
  }
  return std::max(1.0, bytes);
}

// What an example takes as long as a draw is measured: its inputs, their gradients, which measurements join,
// some in double, and a few numbers.
double held_bytes(const std::vector<Input>& inputs) {
  constexpr double kCopies = 6, kBeside = 240;
  return kCopies * input_bytes(inputs) + kBeside;
}

// Of a draw, less its weights.
double memory_for_examples(const Network& network, const ExampleLimits& limits) {
  return static_cast<double>(limits.memory / limits.at_once - weight_bytes(network));
}

// How many examples fit beside `held` that are held; beside themselves when that is 0.
int64_t fitting_examples(const Network& network, const RunOptions& run, const ExampleLimits& limits,
                         const Batch& example, int64_t held) {
  constexpr double kInFlight = 660;  // of an example, whatever the network: seen with small ones
  const double each = kInFlight + static_cast<double>(bytes_per_example(network, run, example));
  const double of_all = held_bytes(network.inputs());
  const double left = memory_for_examples(network, limits) - of_all * static_cast<double>(held);
  return std::max<int64_t>(1, static_cast<int64_t>(left / (held > 0 ? each : each + of_all)));
}

// How many examples of noise to draw when `count` were asked for, unless `origin` says how many.
int64_t fitting_noise(const std::string& origin, int64_t count, bool count_is_free, const Network& network,
                      const ExampleLimits& limits) {
  constexpr std::string_view kSaid = "gaussian:";
  const bool is_said = origin.starts_with(kSaid);
  const int64_t wanted =
      is_said ? parse_whole_number(std::string_view(origin).substr(kSaid.size())).value_or(0) : count;
  const int64_t most = std::max<int64_t>(
      1, static_cast<int64_t>(memory_for_examples(network, limits) / held_bytes(network.inputs())));
  if (wanted <= most) return count;
  if (count_is_free) return most;
  reject(is_said ? "--inputs" : "--batch",
         fmt::format("examples must fit into {}{}: {} do", short_bytes(limits.memory),
                     limits.at_once > 1 ? fmt::format(" with {} draws at once", limits.at_once) : "", most),
         std::to_string(wanted));
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
  if (origin.starts_with("gaussian"))
    request_.range.count =
        fitting_noise(origin, request_.range.count, count_is_free, subject.network, limits);
  if (count_is_free && request_.range.count < kDefaultExamples)
    remark_ =
        fmt::format("{} examples: as many as fit into {}", request_.range.count, short_bytes(limits.memory));

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
  const bool shrinks = count_is_free && !sample.along_path;
  const int64_t fitting =
      fitting_examples(subject.network, run, limits, sample.slice(0, 1), shrinks ? 0 : total);
  if (fitting >= total) return;
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
