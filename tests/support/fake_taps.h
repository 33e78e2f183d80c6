// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

#include "shatterproof/core/random.h"
#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// Standard normal numbers that depend on the name and the seed alone.
inline at::Tensor gaussian_tensor(const std::string& name, std::vector<int64_t> sizes, uint64_t seed = 1) {
  at::Tensor tensor = at::empty(sizes, at::kDouble);
  RandomStream(seed, name).gaussian({tensor.data_ptr<double>(), static_cast<size_t>(tensor.numel())});
  return tensor;
}

/// A network's taps without a network: tensors that are shown to a measurement as an execution would.
struct FakeTaps {
  struct Place {
    Tap tap;
    std::vector<at::Tensor> inputs;
    at::Tensor output, gradient;
  };
  std::vector<Place> places;
  bool along_path = false;

  void add_input(const at::Tensor& x, const at::Tensor& gradient) {
    add("input", TapKind::input, "", 0, {x}, x, gradient);
  }
  /// A rectifier layer: z enters, and the gradient at what leaves is `gradient`.
  void add_rectifier(const std::string& name, int depth, const at::Tensor& z, const at::Tensor& gradient) {
    add(name, TapKind::activation, "Relu", depth, {z}, z.clamp_min(0), gradient);
    places.back().tap.layer_state = true;
  }

  /// A linear map that makes f.
  void add_linear(const std::string& name, int depth, const at::Tensor& f, const at::Tensor& gradient) {
    add(name, TapKind::pre_activation, "Gemm", depth, {f}, f, gradient);
  }
  /// A residual sum of a skip and a branch.
  void add_sum(const std::string& name, int depth, const at::Tensor& skip, const at::Tensor& branch,
               const at::Tensor& gradient) {
    add(name, TapKind::residual_sum, "Add", depth, {skip, branch}, skip + branch, gradient);
    places.back().tap.branch = 1;
  }
  /// A network output, with the direction that a functional differentiates along.
  void add_output(const at::Tensor& f, const at::Tensor& direction) {
    add("output", TapKind::output, "Gemm", places.empty() ? 0 : places.back().tap.depth, {f}, f, direction);
  }

  /// `change` of every tensor, as a new source.
  template <typename Change>
  FakeTaps changed(Change change) const {
    FakeTaps other = *this;
    for (Place& place : other.places) {
      for (at::Tensor& input : place.inputs) input = change(input);
      place.output = change(place.output);
      place.gradient = change(place.gradient);
    }
    return other;
  }

  int64_t examples() const { return places.front().output.size(0); }

  /// Shows everything, `mini_batch` examples at a time (0: all): forward in order, then backward in reverse.
  std::vector<Reading> show(Measurement& measurement, int64_t mini_batch = 0) const {
    RunContext context;
    context.examples = examples();
    context.along_path = along_path;
    measurement.begin(context);
    if (mini_batch == 0) mini_batch = std::max<int64_t>(1, examples());
    for (int64_t first = 0; first < examples(); first += mini_batch) {
      show_part(measurement, first, std::min(mini_batch, examples() - first));
    }
    return measurement.readings();
  }

  std::vector<Reading> measured_by(const MeasurementRecord& record, const MeasurementOptions& options = {},
                                   int64_t mini_batch = 0) const {
    return show(*record.make(options), mini_batch);
  }

 private:
  void add(std::string name, TapKind kind, std::string op, int depth, std::vector<at::Tensor> inputs,
           const at::Tensor& output, const at::Tensor& gradient) {
    Place place;
    place.tap.name = std::move(name);
    place.tap.kind = kind;
    place.tap.op = std::move(op);
    place.tap.order = places.size();
    place.tap.depth = place.tap.layer = depth;
    place.inputs = std::move(inputs);
    place.output = output;
    place.gradient = gradient;
    places.push_back(std::move(place));
  }

  void show_part(Measurement& measurement, int64_t first, int64_t count) const {
    for (const Place& place : places) {
      if (!measurement.wants_forward(place.tap)) continue;
      std::vector<at::Tensor> inputs;
      for (const at::Tensor& input : place.inputs) inputs.push_back(input.narrow(0, first, count));
      const at::Tensor output = place.output.narrow(0, first, count);
      measurement.observe(ForwardTap{place.tap, inputs, output, first});
    }
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      if (!measurement.wants_backward(place->tap)) continue;
      const at::Tensor gradient = place->gradient.narrow(0, first, count);
      measurement.observe(BackwardTap{place->tap, gradient, first});
    }
  }
};

/// An input of `numbers` numbers and three rectifier layers of 7 units, a linear map, a residual sum and an
/// output, all Gaussian.
inline FakeTaps gaussian_taps(int64_t examples, int64_t numbers = 5, uint64_t seed = 1) {
  FakeTaps taps;
  const auto draw = [&](const std::string& name, int64_t columns) {
    return gaussian_tensor(name, {examples, columns}, seed);
  };
  taps.add_input(draw("x", numbers), draw("gradient of x", numbers) + 0.5);
  for (int depth = 1; depth <= 3; ++depth) {
    const std::string name = "relu_" + std::to_string(depth);
    taps.add_rectifier(name, depth, draw(name, 7) + 0.2 * depth,
                       depth * draw("gradient of " + name, 7) + 0.1);
  }
  taps.add_linear("linear", 3, draw("linear", 6), draw("gradient of linear", 6));
  taps.add_sum("sum", 3, draw("skip", 6), draw("branch", 6), draw("gradient of sum", 6));
  taps.add_output(draw("output", 4), draw("gradient of output", 4));
  return taps;
}

/// The reading of that name (and tap), which must be there.
inline const Reading& find_reading(const std::vector<Reading>& readings, const std::string& name,
                                   ReadingType type = ReadingType::curve, const std::string& tap = "") {
  for (const Reading& reading : readings) {
    if (reading.name == name && reading.type == type && (tap.empty() || reading.tap == tap)) return reading;
  }
  throw std::invalid_argument("no reading " + name + " at '" + tap + "'");
}

}  // namespace shatterproof
