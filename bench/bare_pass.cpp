// SPDX-License-Identifier: Apache-2.0
// One forward and backward pass of an ONNX model over Gaussian inputs, nothing observed: what a check is
// compared with.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/onnx/import.h"
#include "shatterproof/run/execution.h"

int main(int count, char** words) {
  using namespace shatterproof;
  using Clock = std::chrono::steady_clock;
  if (count < 3) {
    fmt::print(stderr, "usage: bench_bare_pass MODEL.onnx EXAMPLES\n");
    return 2;
  }
  use_threads(available_threads());
  const Network network = import_onnx(words[1]).network;
  const Batch batch = load_batch({.source = fmt::format("gaussian:{}", words[2])}, network.inputs(), 1);
  RunOptions options;
  options.functional = Functional::parse("random");
  options.batch_norm = BatchStatistics::stored;
  Execution execution(network, options);
  execution.input_gradient(batch);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const Clock::time_point start = Clock::now();
    execution.input_gradient(batch);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  fmt::print("{{\"seconds\": {:.3f}}}\n", best);
}
