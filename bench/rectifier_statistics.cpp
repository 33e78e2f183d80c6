// SPDX-License-Identifier: Apache-2.0
// Statistics of rectifiers over 1,024 inputs x 512 units x 100 layers, as bench/peers/rectifier_statistics.py
// has them: co-activation and contiguity of every layer, the raster of the last. The tensors are shown to the
// measurements as a run would show them; no network runs.
//
// Floor: each number is read once, 1,024 x 512 x 100 x 4 bytes = 210 MB; at the 10 GB/s of one core of a
// small machine 21 ms. The program measures what the machine gives and reports both.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "shatterproof/core/threads.h"
#include "shatterproof/measure/activation_raster.h"
#include "shatterproof/measure/coactivation.h"
#include "shatterproof/measure/contiguity.h"

namespace {

using namespace shatterproof;
using Clock = std::chrono::steady_clock;

constexpr int64_t kInputs = 1024, kUnits = 512;
constexpr size_t kLayers = 100;
constexpr int kRounds = 5;

template <typename Work>
double fastest(Work work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const Clock::time_point start = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

std::vector<Reading> readings_of(const MeasurementRecord& record, const std::vector<at::Tensor>& layers,
                                 const MeasurementOptions& options = {}) {
  const std::unique_ptr<Measurement> measurement = record.make(options);
  RunContext context;
  context.examples = kInputs;
  context.along_path = true;
  measurement->begin(context);
  for (size_t l = 0; l < layers.size(); ++l) {
    Tap tap;
    tap.name = fmt::format("relu_{}", l + 1);
    tap.order = l;
    tap.depth = tap.layer = static_cast<int>(l + 1);
    if (measurement->wants_forward(tap)) measurement->observe(ForwardTap{tap, {&layers[l], 1}, layers[l], 0});
  }
  return measurement->readings();
}

// Reads every number once, as 64-bit words.
double seconds_to_read(const std::vector<at::Tensor>& layers) {
  volatile uint64_t sink = 0;
  return fastest([&] {
    uint64_t sum[8] = {};
    for (const at::Tensor& layer : layers) {
      const auto* words = reinterpret_cast<const uint64_t*>(layer.data_ptr<float>());
      for (int64_t i = 0; i < layer.numel() / 2; i += 8) {
        for (int64_t k = 0; k < 8; ++k) sum[k] ^= words[i + k];
      }
    }
    for (const uint64_t part : sum) sink = sink ^ part;
  });
}

}  // namespace

int main() {
  std::vector<at::Tensor> layers;
  for (size_t l = 0; l < kLayers; ++l) layers.push_back(at::randn({kInputs, kUnits}));
  MeasurementOptions last_layer;
  last_layer.tap = fmt::format("relu_{}", kLayers);
  std::string rows;
  for (const int threads : {1, 2}) {
    use_threads(threads);
    const double counts = fastest([&] { readings_of(coactivation_record(), layers); });
    const double runs = fastest([&] {
      readings_of(contiguity_record(), layers);
      readings_of(activation_raster_record(), layers, last_layer);
    });
    rows += fmt::format("\"coactivation, {0}\": {1:.4f}, \"raster and contiguity, {0}\": {2:.4f}, ",
                        threads == 1 ? "1 thread" : "2 threads", counts, runs);
  }
  const double read = seconds_to_read(layers);
  const std::vector<Reading> coactivation = readings_of(coactivation_record(), layers);
  const std::vector<Reading> contiguity = readings_of(contiguity_record(), layers);
  fmt::print(
      "{{{}\"reading alone\": {:.4f}, \"GB/s\": {:.1f}, \"coactivation\": {:.4f}, \"mean run\": {:.4f}}}\n",
      rows, read, static_cast<double>(kLayers * kInputs * kUnits * sizeof(float)) / read / 1e9,
      coactivation.at(0).values.back(), contiguity.at(0).values.back());
}
