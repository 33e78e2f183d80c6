// SPDX-License-Identifier: Apache-2.0
// Examples that share their neighbours, as the nodes of a graph, have answers alike whatever the weights.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::graph_test {
namespace {

constexpr int64_t kExamples = 16, kNumbers = 5;

// Numbers of all examples that are hardly apart, by what the first and the last send to all, which was given,
// or by a softmax over them; then two layers.
Network hardly_apart(bool by_neighbours) {
  NetworkBuilder b("apart");
  const std::string x = b.input("input", {kNumbers});
  std::string mixed = b.scale(x, "small", .01);
  if (by_neighbours) {
    const std::string from = b.parameter("from", at::tensor({int64_t{0}, int64_t{-1}}), false);
    const std::string sent = b.node("Gather", "sent", {x, from});
    mixed = b.add(
        mixed,
        b.node("ReduceMean", "mean", {sent}, {{"axes", std::vector<int64_t>{0}}, {"keepdims", int64_t{1}}}),
        "neighbours");
  } else {
    mixed = b.node("Softmax", "choice", {mixed}, {{"axis", int64_t{0}}});
  }
  mixed = b.activation(b.linear(mixed, {"hidden", kNumbers, 16, true, "", ""}), "relu", "relu");
  b.output(b.linear(mixed, {"readout", 16, 4, true, "", ""}));
  return initialize(b.build(), "he", 1).network;
}

TEST(Graph, RandomLabelsOfExamplesThatShareNeighboursJudgeNothing) {
  const Network network = hardly_apart(true);
  const Batch batch = gaussian_batch(network.inputs(), kExamples, 1);
  const auto source = tap_source(network, {});
  CheckOptions options;
  options.standing = Provenance::State::fresh;
  const Checked live = check(*source, batch, options);
  options.weights.scheme = "he";
  options.examples.count = kExamples;
  const Checked of_file = check(subject_of_network(network), options);
  for (const Checked& checked : {live, of_file}) {
    ASSERT_TRUE(checked.rehearsal);
    EXPECT_EQ(checked.rehearsal->verdict, RehearsalVerdict::unjudged) << checked.rehearsal->reason;
    EXPECT_THAT(checked.rehearsal->reason, testing::StartsWith("examples that share neighbours"));
    EXPECT_FALSE(find(checked.diagnosis.findings, "stuck"));
  }
}

TEST(Graph, RandomLabelsJudgeExamplesThatMeetElsewhere) {
  const Network network = hardly_apart(false);
  const auto source = tap_source(network, {});
  CheckOptions options;
  options.standing = Provenance::State::fresh;
  const Checked checked = check(*source, gaussian_batch(network.inputs(), kExamples, 1), options);
  ASSERT_TRUE(checked.rehearsal);
  EXPECT_NE(checked.rehearsal->verdict, RehearsalVerdict::unjudged) << checked.rehearsal->reason;
}

}  // namespace
}  // namespace shatterproof::graph_test
