// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/tap.h"

namespace shatterproof::recurrent_tap_test {
namespace {

constexpr int64_t kExamples = 3, kSteps = 4, kInputs = 5, kUnits = 2;

struct Recurrence {
  const char* op;
  int64_t gates;
  bool batch_first;  ///< layout 1
  bool last_only;    ///< what is read: the last state, or all of them
};

/// f = sum over (states . factor), `factor` a second input of [batch, steps or 1, units].
Network network_of(const Recurrence& recurrence) {
  NetworkBuilder builder("recurrence");
  const std::string x = builder.input("x", {kSteps, kInputs});
  const std::string factor = builder.input("factor", {recurrence.last_only ? 1 : kSteps, kUnits});
  const auto weight = [&](const char* name, int64_t columns) {
    return builder.parameter(name, at::zeros({1, recurrence.gates * kUnits, columns}), true);
  };
  const std::string w = weight("w", kInputs), r = weight("r", kUnits);
  const auto transposed = [&](const std::string& value, const char* name) {
    return builder.node("Transpose", name, {value}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
  };
  const std::string steps = recurrence.batch_first ? x : transposed(x, "steps_first");
  Network network = builder.build();
  Node node{"cell", recurrence.op, 17, {steps, w, r}, {"y", "y_h"}, {}};
  node.attributes["layout"] = int64_t{recurrence.batch_first};
  network.add_node(node);
  const auto add = [&](const char* op, const char* name, std::vector<std::string> inputs,
                       std::map<std::string, Attribute> attributes = {}) {
    network.add_node({name, op, 17, std::move(inputs), {name}, std::move(attributes)});
  };
  std::string states = "y_h";
  if (!recurrence.last_only) {
    network.add_parameter({"direction", at::full({1}, recurrence.batch_first ? 2 : 1, at::kLong)});
    add("Squeeze", "states", {"y", "direction"});
    states = "states";
  }
  if (!recurrence.batch_first) {
    add("Transpose", "batch_first", {states}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
    states = "batch_first";
  }
  add("Mul", "f", {states, factor});
  network.add_output("f");
  return initialize(network, "he", 1).network;
}

class Watch : public Observer {
 public:
  bool wants_forward(const Tap& tap) const override { return tap.name == "cell"; }
  bool wants_backward(const Tap& tap) const override { return tap.name == "cell"; }
  void observe(const ForwardTap& tap) override { output = tap.output.clone(); }
  void observe(const BackwardTap& tap) override { gradient = tap.gradient.clone(); }
  at::Tensor output, gradient;
};

TEST(RecurrentTap, ShowsStatesAndTheirGradientsBatchFirst) {
  for (const auto& [op, gates] : {std::pair("RNN", int64_t{1}), {"GRU", int64_t{3}}, {"LSTM", int64_t{4}}}) {
    for (const bool batch_first : {false, true}) {
      for (const bool last_only : {false, true}) {
        const Network network = network_of({op, gates, batch_first, last_only});
        Batch batch;
        at::manual_seed(1);
        batch.inputs = {at::randn({kExamples, kSteps, kInputs}),
                        at::randn({kExamples, last_only ? 1 : kSteps, kUnits})};
        Execution execution(network, {});
        Watch watch;
        Observer* observers[] = {&watch};
        execution.run(batch, observers);
        const at::Tensor& factor = batch.inputs[1];
        const std::string which = fmt::format("{} layout {} last {}", op, batch_first, last_only);
        ASSERT_TRUE(watch.output.defined() && watch.gradient.defined()) << which;
        const at::Tensor states = watch.output.reshape(factor.sizes());
        EXPECT_EQ(watch.output.size(0), kExamples) << which;
        EXPECT_TRUE(at::allclose(states * factor, execution.outputs(batch)[0])) << which;
        // The functional is the sum.
        EXPECT_TRUE(at::allclose(watch.gradient.reshape(factor.sizes()), factor)) << which;
      }
    }
  }
}

TEST(RecurrentTap, IsOneStatePerNodeAndCountsAsOneNonlinearity) {
  const Network network = network_of({"LSTM", 4, false, false});
  std::vector<std::string> states;
  const Execution execution(network, {});
  for (const Tap& tap : execution.taps()) {
    if (!tap.layer_state) continue;
    states.push_back(tap.name);
    EXPECT_EQ(tap.depth, 1);
    EXPECT_EQ(tap.layer, 2);
    EXPECT_EQ(tap.kind, TapKind::other);
  }
  EXPECT_THAT(states, testing::ElementsAre("cell"));
}

}  // namespace
}  // namespace shatterproof::recurrent_tap_test
