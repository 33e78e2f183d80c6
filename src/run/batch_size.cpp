// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/batch_size.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <algorithm>

namespace shatterproof {
namespace {

class ByteCount : public Observer {
 public:
  bool wants_forward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    // Several taps may look at one node: count its output once.
    if (tap.tap.kind != TapKind::input && tap.tap.node == last_node_) return;
    if (tap.tap.kind != TapKind::input) last_node_ = tap.tap.node;
    bytes += static_cast<int64_t>(tap.output.nbytes());
  }
  int64_t bytes = 0;

 private:
  size_t last_node_ = static_cast<size_t>(-1);
};

}  // namespace

int64_t bytes_per_example(const Network& network, const RunOptions& options, const Batch& example) {
  RunOptions every_node = options;
  every_node.every_node = true;
  Execution execution(network, every_node);
  ByteCount count;
  Observer* observer = &count;
  execution.observe_forward(example.slice(0, 1), {&observer, 1});
  constexpr int64_t kValuesAndGradients = 2;
  return std::max<int64_t>(1, kValuesAndGradients * count.bytes);
}

int64_t weight_bytes(const Network& network) {
  int64_t bytes = 0;
  for (const Parameter& parameter : network.parameters())
    bytes += static_cast<int64_t>(parameter.value.nbytes());
  return bytes;
}

int64_t default_memory_budget() {
  // A dozen passes over more than this take minutes on a few cores, and readings gain little from further
  // examples.
  constexpr int64_t kMost = int64_t{4} << 30;
  return std::min(kMost, static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE) / 2);
}

}  // namespace shatterproof
