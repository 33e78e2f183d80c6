// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::recurrent_weight_test {
namespace {

constexpr int64_t kUnits = 64, kInputs = 48, kDirections = 2;

/// An LSTM, GRU or RNN in both directions, drawn by `scheme`.
Network recurrent_network(const char* op, int64_t gates, const char* scheme) {
  NetworkBuilder b("recurrent");
  const std::string x = b.input("x", {3, kInputs});
  const std::string w = b.parameter("w", at::zeros({kDirections, gates * kUnits, kInputs}), true);
  const std::string r = b.parameter("r", at::zeros({kDirections, gates * kUnits, kUnits}), true);
  b.output(b.node(op, "y", {x, w, r}, {{"layout", int64_t{1}}, {"direction", "bidirectional"}}));
  return initialize(b.build(), scheme, 1).network;
}

at::Tensor drawn(const Network& network, const char* name) {
  return network.find_parameter(name)->value.to(at::kDouble);
}

TEST(RecurrentWeight, IsOrthogonalGateByGate) {
  for (const auto& [op, gates] : {std::pair("RNN", int64_t{1}), {"GRU", int64_t{3}}, {"LSTM", int64_t{4}}}) {
    const Network network = recurrent_network(op, gates, "orthogonal:gain=1");
    const at::Tensor r = drawn(network, "r").reshape({kDirections * gates, kUnits, kUnits});
    const at::Tensor identity = at::eye(kUnits, at::kDouble);
    constexpr double kRounding = 1e-6;  // of float32 weights
    EXPECT_LE((r.matmul(r.transpose(1, 2)) - identity).abs().max().item<double>(), kRounding) << op;
    const at::Tensor w = drawn(network, "w").reshape({kDirections * gates, kUnits, kInputs});
    const at::Tensor columns = w.transpose(1, 2).matmul(w);
    EXPECT_LE((columns - at::eye(kInputs, at::kDouble)).abs().max().item<double>(), kRounding) << op;
    // The first gate of one direction and the last of the other differ.
    EXPECT_GT((r[0] - r[-1]).abs().max().item<double>(), 0.1) << op;
  }
}

TEST(RecurrentWeight, CountsTheUnitsOfOneGate) {
  constexpr double kSigmas = 4;
  const auto expect_variance = [](const char* scheme, const char* weight, double expected) {
    const at::Tensor values = drawn(recurrent_network("LSTM", 4, scheme), weight);
    const double relative = kSigmas * std::sqrt(2.0 / static_cast<double>(values.numel()));
    EXPECT_NEAR(values.square().mean().item<double>(), expected, relative * expected) << scheme << weight;
  };
  expect_variance("glorot", "w", 2.0 / (kInputs + kUnits));
  expect_variance("glorot", "r", 2.0 / (kUnits + kUnits));
  expect_variance("he", "w", 2.0 / kInputs);
  expect_variance("lecun", "r", 1.0 / kUnits);
}

}  // namespace
}  // namespace shatterproof::recurrent_weight_test
