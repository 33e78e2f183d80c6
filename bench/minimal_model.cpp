// SPDX-License-Identifier: Apache-2.0
// The figure-2 networks, as bench/peers/minimal_model.py has them, through the library.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"

namespace {

using namespace shatterproof;
using Clock = std::chrono::steady_clock;

constexpr int kWidth = 200, kPoints = 256;
constexpr int kDepths[] = {2, 4, 10, 24, 50};
constexpr const char* kNets[] = {"feedforward:norm=none", "feedforward:norm=center",
                                 "residual:norm=batch,beta=1", "residual:norm=batch,beta=0.1"};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Floating-point operations of all forward and backward products of one seed: each layer once forward, once
// back.
double operations_per_seed() {
  double products = 0;
  for (const char* net : kNets) {
    const bool has_first_rectifier = std::string_view(net).starts_with("feedforward");
    for (const int depth : kDepths) products += depth - (has_first_rectifier ? 1 : 0);
  }
  return products * 2 * 2.0 * kPoints * kWidth * kWidth;
}

double figure(int64_t seeds, int threads, std::string* rows) {
  const Clock::time_point start = Clock::now();
  for (const char* net : kNets) {
    for (const int depth : kDepths) {
      const Network network = build_family(fmt::format("{},depth={},width={}", net, depth, kWidth));
      const Batch grid = load_batch({.source = "grid:-2:2:256"}, network.inputs(), 1);
      const MeasuredSeeds measured =
          measure_over_seeds({.first = 1, .count = seeds, .threads = threads},
                             [&](uint64_t seed) {
                               return Trial{initialize(network, "he", seed).network, grid};
                             },
                             {"gradient_autocorrelation"}, {});
      const std::vector<double>& acf = measured.readings.front().values;
      if (rows)
        *rows += fmt::format("{}\"{} depth {}\": [{:.3f}, {:.3f}]", rows->empty() ? "" : ", ", net, depth,
                             acf[1], acf[5]);
    }
  }
  return seconds_since(start);
}

// The machine's own rate at the products' shape, all threads.
double product_rate(int threads) {
  double best = 0;
  run_in_parallel(1, 1, [](int64_t) {});
  constexpr int kRepeats = 200;
  for (int round = 0; round < 3; ++round) {
    const Clock::time_point start = Clock::now();
    run_in_parallel(threads, threads, [](int64_t) {
      const at::Tensor a = at::rand({kPoints, kWidth}), b = at::rand({kWidth, kWidth});
      for (int i = 0; i < kRepeats; ++i) at::mm(a, b);
    });
    best = std::max(best, threads * kRepeats * 2.0 * kPoints * kWidth * kWidth / seconds_since(start));
  }
  return best;
}

}  // namespace

int main(int count, char** words) {
  const int64_t seeds = count > 1 ? parse_whole_number(words[1]).value_or(20) : 20;
  const int threads = available_threads();
  use_threads(1);
  figure(1, 1, nullptr);
  std::string rows;
  double one = 1e9, all = 1e9;
  for (int i = 0; i < 2; ++i) {
    rows.clear();
    one = std::min(one, figure(seeds, 1, nullptr));
    all = std::min(all, figure(seeds, threads, &rows));
  }
  fmt::print(
      "{{\"seconds\": {:.3f}, \"seconds on one thread\": {:.3f}, \"threads\": {}, \"GFLOP/s\": {:.1f}, "
      "\"GFLOP/s of "
      "products alone\": {:.1f}, \"lags 1 and 5\": {{{}}}}}\n",
      all, one, threads, static_cast<double>(seeds) * operations_per_seed() / all / 1e9,
      product_rate(threads) / 1e9, rows);
}
