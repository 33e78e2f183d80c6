// SPDX-License-Identifier: Apache-2.0
// Nodes of small graphs, an input of each example telling which are neighbours: nothing is critical because
// they cannot be told apart.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::given_edges_test {
namespace {

constexpr int64_t kNodes = 6, kFeatures = 4, kUnits = 16;

Network graph_network() {
  NetworkBuilder builder("graph");
  const std::string features = builder.input("features", {kNodes, kFeatures}),
                    edges = builder.input("edges", {kNodes, kNodes});
  const std::string met = builder.node("MatMul", "met", {edges, features});
  const std::string hidden =
      builder.activation(builder.linear_per_token(met, "a", kFeatures, kUnits), "relu", "relu");
  builder.output(
      builder.linear_per_token(builder.node("MatMul", "met_again", {edges, hidden}), "head", kUnits, 3));
  return initialize(builder.build(), "pytorch", 1).network;
}

// All are neighbours of all but for two examples, so that nodes of a graph get the same.
Batch batch_of(const Network& network, bool differ) {
  Batch batch = gaussian_batch(network.inputs(), 32, 1);
  batch.inputs[1] = at::full({32, kNodes, kNodes}, 1. / kNodes);
  if (differ) batch.inputs[1].narrow(0, 0, 2) = at::eye(kNodes);
  return batch;
}

RehearsalVerdict verdict_with(bool differ) {
  const Network network = graph_network();
  CheckOptions options;
  options.rehearsal_seconds = 60;
  const auto source = tap_source(network, {});
  const Checked checked = check(*source, batch_of(network, differ), options);
  EXPECT_TRUE(checked.rehearsal);
  for (const Finding& finding : checked.diagnosis.findings) {
    if (differ) {
      EXPECT_NE(finding.severity, Severity::critical) << finding.id;
    }
  }
  return checked.rehearsal ? checked.rehearsal->verdict : RehearsalVerdict::learns;
}

TEST(GivenEdges, LeaveRandomLabelsOfNodesUnjudged) {
  EXPECT_EQ(verdict_with(true), RehearsalVerdict::unjudged);
}

TEST(GivenEdges, AreNoneWhereTheyAreTheSameForAll) {
  EXPECT_NE(verdict_with(false), RehearsalVerdict::unjudged);
}

}  // namespace
}  // namespace shatterproof::given_edges_test
