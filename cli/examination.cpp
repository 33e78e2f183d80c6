// SPDX-License-Identifier: Apache-2.0
#include "cli/examination.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "cli/text.h"
#include "shatterproof/architecture/feedforward.h"
#include "shatterproof/diagnose/describe.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof::cli {
namespace {

int64_t numbers_per_example(const std::vector<at::Tensor>& tensors) {
  int64_t numbers = 0;
  for (const at::Tensor& tensor : tensors) numbers += tensor.numel() / std::max<int64_t>(1, tensor.size(0));
  return numbers;
}

// Of real-valued inputs; 1 where there are none, or only one number.
double input_std(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> numbers;
  for (const at::Tensor& tensor : tensors) {
    if (at::isFloatingType(tensor.scalar_type())) numbers.push_back(tensor.to(at::kDouble).flatten());
  }
  if (numbers.empty()) return 1;
  const at::Tensor all = at::cat(numbers);
  return all.numel() < 2 ? 1 : all.std().item<double>();
}

int64_t output_numbers(const Session& session, const Trial& trial) {
  RunOptions options = session.setup().options;
  options.mini_batch = 0;
  const int64_t least = std::max<int64_t>(1, session.subject().fixed_batch);
  Execution execution(trial.network, options);
  return numbers_per_example(execution.outputs(trial.batch.slice(0, least)));
}

bool is_finite(const Reading& reading) {
  return reading.is_defined() && std::all_of(reading.values.begin(), reading.values.end(),
                                             [](double value) { return std::isfinite(value); });
}

// Units of a middle layer: what "the same width" means for a network whose layers differ.
int64_t middle_width(const std::vector<Layer>& layers) {
  std::vector<int64_t> widths;
  for (const Layer& layer : layers) {
    if (layer.nonlinearity) widths.push_back(layer.kind == LayerKind::dense ? layer.fan_out : layer.fan_in);
  }
  if (widths.empty()) return 0;
  std::nth_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2),
                   widths.end());
  return widths[widths.size() / 2];
}

// correlation_length of one rectifier layer on the same inputs, flattened.
std::optional<Reading> shallow_twin(const Session& session, const Examination& examination) {
  constexpr int64_t kWidest = 1024;  // wider layers read the same within a percent
  constexpr int64_t kMostDraws = 5;
  constexpr int64_t kMostNumbers = int64_t{1} << 27;
  FeedforwardOptions options;
  options.depth = 1;
  options.width = std::min(kWidest, middle_width(examination.structure.layers));
  options.input = examination.input_numbers;
  const std::vector<Input>& inputs = session.subject().network.inputs();
  const bool real = std::all_of(inputs.begin(), inputs.end(),
                                [](const Input& input) { return at::isFloatingType(input.dtype); });
  if (options.width < 1 || options.input < 2 || !real || options.width * options.input > kMostNumbers)
    return {};
  const Network twin = feedforward(options);
  MeasureRequest request;
  request.dtype = session.setup().options.dtype;
  request.device = session.setup().options.device;
  const auto draw = [&](uint64_t seed) {
    Batch batch = session.examples().batch(seed);
    std::vector<at::Tensor> columns;
    for (const at::Tensor& input : batch.inputs) columns.push_back(input.flatten(1));
    batch.inputs = {at::cat(columns, 1)};
    batch.statistics_inputs.clear();
    return Trial{initialize(twin, "he", seed).network, batch};
  };
  const SeedRange seeds{session.draws().first_seed, std::clamp<int64_t>(session.draws().count, 2, kMostDraws),
                        session.setup().threads};
  for (Reading& reading : measure_over_seeds(seeds, draw, {"correlation_length"}, request).readings) {
    if (reading.type == ReadingType::scalar) return std::move(reading);
  }
  return {};
}

}  // namespace

Examination examine(const Session& session, const MeasuredSeeds& measured, const Console& console) {
  Examination examination;
  const Network& network = session.subject().network;
  describe(network, examination);
  const Trial first = session.trial(session.draws().first_seed);
  examination.examples = first.batch.examples();
  examination.input_numbers = numbers_per_example(first.batch.inputs);
  examination.output_numbers = output_numbers(session, first);
  examination.input_std = input_std(first.batch.inputs);
  examination.initializer = session.draws().scheme;
  examination.initial_weights = !session.draws().scheme.empty();
  examination.is_folded = session.subject().folded;
  examination.mean.readings = measured.readings;
  for (size_t i = 0; i < measured.draws.size(); ++i) {
    Draw draw;
    draw.readings = measured.draws[i].readings;
    if (!std::all_of(draw.readings.begin(), draw.readings.end(), is_finite)) {
      console.progress("looking for the first number that is not finite");
      const Trial trial = session.trial(session.draws().first_seed + i);
      draw.non_finite = first_non_finite(trial.network, trial.batch, session.setup().options);
    }
    if (draw.non_finite && !examination.mean.non_finite) examination.mean.non_finite = draw.non_finite;
    examination.draws.push_back(std::move(draw));
  }
  console.progress("measuring one layer of the same width");
  // Only the verdict on initial weights asks what a shallow network would do.
  if (examination.initial_weights && !examination.mean.non_finite)
    examination.shallow_twin = shallow_twin(session, examination);
  console.progress("");
  return examination;
}

}  // namespace shatterproof::cli
