// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/batch_size.h"

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

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

// What the thread's tensors hold at most beyond what they held when it began, as LibTorch tells a profiler.
// The number of bytes held is of another type in newer versions.
class HeldBytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, int64_t, int64_t, c10::Device) { add(bytes); }
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) { add(bytes); }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t held() const { return held_; }

 private:
  void add(int64_t bytes) { held_ += bytes; }
  int64_t held_ = 0;
};

// What is held when the derivative is about to be taken, and the largest output of a node.
class StepBytes : public Observer {
 public:
  explicit StepBytes(const HeldBytes& held) : held_(held) {}
  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap& tap) const override { return tap.kind == TapKind::output; }
  void observe(const ForwardTap& tap) override {
    largest = std::max(largest, static_cast<int64_t>(tap.output.nbytes()));
  }
  void observe(const BackwardTap&) override { kept = std::max(kept, held_.held()); }
  int64_t kept = 0, largest = 0;

 private:
  const HeldBytes& held_;
};

// Of a step of training. The gradient of the weights, the same for any number of examples, is yet to come.
int64_t bytes_of_step(const Network& network, const RunOptions& options, const Batch& batch) {
  RunOptions every_node = options;
  every_node.every_node = true;
  Execution execution(network, every_node);
  const std::vector<TrainableParameter> parameters = execution.trainable_parameters();
  const auto held = std::make_shared<HeldBytes>();
  const c10::DebugInfoGuard watched(c10::DebugInfoKind::PROFILER_STATE, held);
  StepBytes bytes(*held);
  Observer* observer = &bytes;
  execution.run(batch, {&observer, 1});
  // Of the largest value: its gradient, and what the derivative of a norm makes on its way.
  constexpr int64_t kInFlight = 10;
  return bytes.kept + kInFlight * bytes.largest;
}

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

int64_t training_bytes_per_example(const Network& network, const RunOptions& options, const Batch& batch) {
  constexpr int64_t kFew = 3;
  const int64_t examples = std::min(kFew, batch.examples());
  const int64_t one = bytes_of_step(network, options, batch.slice(0, 1));
  if (examples < 2) return std::max<int64_t>(1, one);
  const int64_t few = bytes_of_step(network, options, batch.slice(0, examples));
  return std::max<int64_t>(1, (few - one) / (examples - 1));
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
