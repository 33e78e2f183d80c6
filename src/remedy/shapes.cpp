// SPDX-License-Identifier: Apache-2.0
#include "remedy/shapes.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "shatterproof/run/execution.h"

namespace shatterproof {
namespace {

class Shapes : public Observer {
 public:
  explicit Shapes(const Network& network) : network_(network) {}
  bool wants_forward(const Tap& tap) const override { return tap.kind != TapKind::input; }
  void observe(const ForwardTap& tap) override {
    shapes[network_.nodes()[tap.tap.node].outputs[0]] = tap.output.sizes().vec();
  }
  using Observer::observe;

  ValueShapes shapes;

 private:
  const Network& network_;
};

}  // namespace

ValueShapes output_shapes(const Network& network, const Batch& batch) {
  int64_t count = 2;
  for (const Input& input : network.inputs()) {
    if (!input.shape.empty() && input.shape[0] > 0) count = input.shape[0];
  }
  Execution execution(network, {.batch_norm = BatchStatistics::attached, .every_node = true});
  Shapes shapes(network);
  Observer* observer = &shapes;
  execution.observe_forward(batch.slice(0, std::min(count, batch.examples())), {&observer, 1});
  return shapes.shapes;
}

}  // namespace shatterproof
