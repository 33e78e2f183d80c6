// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/coupled_examples.h"

#include <ATen/ATen.h>

#include <functional>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/recurrent_network.h"
#include "tests/support/counted_source.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::coupled_examples_test {
namespace {

constexpr int64_t kNumbers = 5;

std::optional<CoupledExamples> found_in(const Network& network, int64_t examples = 12,
                                        RunOptions options = {}) {
  return coupled_examples(network, gaussian_batch(network.inputs(), examples, 1), options);
}

// One node between an input and the output.
Network of(const std::string& op, const std::map<std::string, Attribute>& attributes) {
  NetworkBuilder builder(op);
  builder.output(builder.node(op, "node", {builder.input("input", {kNumbers})}, attributes));
  return builder.build();
}

TEST(CoupledExamples, MeetInASoftmaxOverTheBatch) {
  const std::optional<CoupledExamples> found = found_in(of("Softmax", {{"axis", int64_t{0}}}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "node");
  EXPECT_EQ(found->op, "Softmax");
  EXPECT_FALSE(found->by_given_neighbours);
  EXPECT_FALSE(found_in(of("Softmax", {{"axis", int64_t{1}}})));
}

// Steps first, as an attention of PyTorch's has them by default, and rows made of that.
TEST(CoupledExamples, MeetWhereRowsAreMadeOfWhatDoesNotHoldThemFirst) {
  NetworkBuilder builder("rows");
  const std::string steps = builder.node("Transpose", "steps", {builder.input("input", {5, 4})},
                                         {{"perm", std::vector<int64_t>{1, 0, 2}}});
  const std::string shares = builder.node("Softmax", "shares", {steps}, {{"axis", int64_t{-1}}});
  const at::Tensor shape = at::full({2}, 20, at::kLong).index_fill_(0, at::zeros({1}, at::kLong), -1);
  builder.output(builder.node("Reshape", "rows", {shares, builder.parameter("shape", shape, false)}));
  const std::optional<CoupledExamples> found = found_in(builder.build());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "rows");
  EXPECT_EQ(found->op, "Reshape");
}

TEST(CoupledExamples, MeetInAMeanOverThemThatIsGivenToEach) {
  NetworkBuilder builder("pooled");
  const std::string x = builder.input("input", {kNumbers});
  const std::string mean = builder.node("ReduceMean", "mean", {x}, {{"axes", std::vector<int64_t>{0}}});
  builder.output(builder.node("Expand", "given", {mean, builder.node("Shape", "sizes", {x})}));
  const std::optional<CoupledExamples> found = found_in(builder.build());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "mean");
  EXPECT_FALSE(found->by_statistics) << "it is all that there is";
}

TEST(CoupledExamples, ChangeByHand) {
  // Of two examples, 0 and 1, the second over the running sum: 1/1 with the first beside it, 1/2 beside
  // itself.
  NetworkBuilder builder("share");
  const std::string x = builder.input("input", {1});
  const std::string sum =
      builder.node("CumSum", "sum", {x, builder.parameter("axis", at::zeros({}, at::kLong), false)});
  builder.output(builder.node("Div", "share", {x, sum}));
  const Network network = builder.build();
  Batch batch;
  batch.inputs = {at::tensor({0.f, 1.f}).view({2, 1})};
  const std::optional<CoupledExamples> found = coupled_examples(network, batch, {});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->change, .5 * std::abs(std::sqrt(2.) * std::cos(.5)), 1e-6)
      << "along the direction's only number";
}

TEST(CoupledExamples, MeetInARecurrenceThatTakesThemForSteps) {
  // [batch, steps, inputs] read as [steps, batch, inputs].
  NetworkBuilder builder("batch_as_steps");
  const std::string x = builder.input("input", {4, 3});
  builder.parameter("w", gaussian_tensor("w", {1, 6, 3}).to(at::kFloat), true);
  builder.parameter("r", gaussian_tensor("r", {1, 6, 6}).to(at::kFloat), true);
  const std::string states = builder.node("RNN", "recurrence", {x, "w", "r"}, {{"hidden_size", int64_t{6}}});
  builder.output(builder.node("Squeeze", "squeezed",
                              {states, builder.parameter("one", at::ones({1}, at::kLong), false)}));
  const std::optional<CoupledExamples> found = found_in(builder.build());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->op, "RNN");
  EXPECT_EQ(found->node, "recurrence");
  EXPECT_FALSE(found_in(recurrent_network({})));
}

TEST(CoupledExamples, MeetNowhereThatTheirNumbersDoNotReach) {
  // x + exp(gain) mean of x over the examples, divided by how many there are.
  NetworkBuilder builder("means");
  const std::string x = builder.input("input", {kNumbers});
  const std::string factor =
      builder.node("Exp", "factor", {builder.parameter("gain", at::zeros({kNumbers}), true)});
  const std::string first = builder.parameter("first", at::zeros({}, at::kLong), false),
                    axes = builder.parameter("axes", at::zeros({1}, at::kLong), false);
  const std::string count = builder.node("Gather", "count", {builder.node("Shape", "sizes", {x}), first});
  const std::string number = builder.node("Cast", "number", {count}, {{"to", int64_t{1}}});
  const std::string total = builder.node("ReduceSum", "total", {x, axes});
  const std::string mean = builder.node("Div", "mean", {total, number});
  builder.output(builder.add(x, builder.node("Mul", "scaled", {mean, factor}), "sum"));
  // Held, a sum over the examples would be a constant.
  const std::optional<CoupledExamples> found =
      found_in(builder.build(), 12, {.batch_norm = BatchStatistics::stored});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "total");
}

TEST(CoupledExamples, MeetBehindAChainOfAnyLength) {
  constexpr int kLong = 100'000;
  NetworkBuilder builder("chain");
  std::string value = builder.node("Transpose", "turned", {builder.input("input", {kNumbers})});
  for (int i = 0; i < kLong; ++i) value = builder.node("Flatten", "copy" + std::to_string(i), {value});
  value = builder.node("Softmax", "choice", {value}, {{"axis", int64_t{1}}});
  builder.output(builder.node("Transpose", "back", {value}));
  const std::optional<CoupledExamples> found = found_in(builder.build());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "choice");
}

// Whose statistics passes run with.
class Statistics : public CountedSource {
 public:
  using CountedSource::CountedSource;
  void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) override {
    held.push_back(batch.statistics_inputs.empty() ? 0 : batch.statistics_inputs[0].size(0));
    CountedSource::observe_forward(batch, observers, options);
  }

  std::vector<int64_t> held;
};

TEST(CoupledExamples, HoldTheStatisticsOfTheFewThatRun) {
  constexpr int64_t kExamples = 60, kFew = 6;
  const Network network = initialize(build_family("feedforward:depth=3,width=8,norm=batch"), "he", 1).network;
  Statistics source(tap_source(network, {.every_node = true}), kExamples);
  EXPECT_FALSE(coupled_examples(source, gaussian_batch(network.inputs(), kExamples, 1), {}));
  EXPECT_EQ(source.held, (std::vector<int64_t>{kFew, kFew, kFew}));
}

TEST(CoupledExamples, AreNoneInNetworksThatKeepThemApart) {
  for (const char* family : {"feedforward:depth=3,width=8,norm=batch", "residual:depth=3,width=8,norm=layer",
                             "conv_residual:depth=2,width=4",
                             "transformer_pre_norm:depth=2,width=8,heads=2,tokens=3,input=4,output=2"}) {
    const Network network = initialize(build_family(family), "he", 1).network;
    for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached})
      EXPECT_FALSE(found_in(network, 12, {.batch_norm = batch_norm})) << family;
  }
}

TEST(CoupledExamples, SayWhenAGivenMatrixJoinsThem) {
  // The nodes of a graph of six, which its adjacency matrix freezes to as many.
  NetworkBuilder builder("graph");
  const std::string x = builder.input("input", {kNumbers});
  builder.parameter("adjacency", at::rand({6, 6}), false);
  builder.output(builder.node("MatMul", "neighbours", {"adjacency", x}));
  const std::optional<CoupledExamples> found = found_in(builder.build(), 6);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->by_given_neighbours);
  EXPECT_EQ(found->node, "neighbours");
}

TEST(CoupledExamples, AreJoinedByAGivenMatrixThatIsAnInputOrComputedOfParameters) {
  const auto joined_by = [](const std::function<std::string(NetworkBuilder&)>& matrix) {
    NetworkBuilder builder("graph");
    const std::string x = builder.input("input", {kNumbers});
    builder.output(builder.node("MatMul", "neighbours", {matrix(builder), x}));
    return found_in(builder.build(), 6);
  };
  const auto computed = joined_by([](NetworkBuilder& builder) {
    return builder.node("Softmax", "shares", {builder.parameter("links", at::rand({6, 6}), false)});
  });
  ASSERT_TRUE(computed);
  EXPECT_TRUE(computed->by_given_neighbours);
  EXPECT_EQ(computed->node, "neighbours");
  const auto input = joined_by([](NetworkBuilder& builder) {
    return builder.node("Identity", "copy", {builder.input("adjacency", {6})});
  });
  ASSERT_TRUE(input);
  EXPECT_TRUE(input->by_given_neighbours);
}

// A graph of six nodes, of which each has an example's numbers, as a network that `mix`es them.
std::optional<CoupledExamples> mixed_by(
    const std::function<std::string(NetworkBuilder&, const std::string&)>& mix) {
  NetworkBuilder builder("graph");
  const std::string x = builder.input("input", {kNumbers});
  builder.output(mix(builder, x));
  return found_in(builder.build(), 6);
}

TEST(CoupledExamples, AreJoinedByAMatrixOfPairsDividedByItsDegrees) {
  const auto rows = mixed_by([](NetworkBuilder& b, const std::string& x) {
    const std::string adjacency = b.input("adjacency", {6});
    const std::string degrees =
        b.node("ReduceSum", "degrees", {adjacency, b.parameter("axis", at::tensor({int64_t{1}}), false)});
    const std::string means = b.node("Div", "means", {adjacency, b.node("Abs", "positive", {degrees})});
    return b.node(
        "MatMul", "neighbours",
        {means, b.node("MatMul", "map", {x, b.parameter("weight", at::rand({kNumbers, 3}), true)})});
  });
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->by_given_neighbours);
  EXPECT_EQ(rows->node, "neighbours");
  // D^-1 A^T D^-1 x: examples first meet in what the matrix alone makes.
  const auto both = mixed_by([](NetworkBuilder& b, const std::string& x) {
    const std::string adjacency = b.node("Abs", "positive", {b.input("adjacency", {6})});
    const std::string degrees =
        b.node("ReduceSum", "degrees", {adjacency, b.parameter("axis", at::tensor({int64_t{1}}), false)});
    const std::string turned = b.node("Transpose", "turned", {b.node("Div", "means", {adjacency, degrees})});
    return b.node("MatMul", "neighbours", {b.node("Div", "both", {turned, degrees}), x});
  });
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->by_given_neighbours) << both->node;
}

TEST(CoupledExamples, AreJoinedByMessagesAlongGivenEdges) {
  const at::Tensor from = at::tensor({0L, 1L, 2L, 3L, 4L, 5L, 0L, 3L}),
                   to = at::tensor({5L, 0L, 1L, 2L, 3L, 4L, 3L, 0L});
  const auto sent = [&](NetworkBuilder& b, const std::string& x, bool computes) {
    std::string messages = b.node("Gather", "messages", {x, b.parameter("from", from, false)});
    if (computes) messages = b.activation(messages, "relu", "relu");
    const std::string zeros = b.parameter("zeros", at::zeros({6, kNumbers}), false);
    const std::string places = b.parameter("to", to.unsqueeze(1), false);
    return b.add(x, b.node("ScatterND", "sums", {zeros, places, messages}, {{"reduction", "add"}}), "state");
  };
  for (const bool computes : {false, true}) {
    const auto found =
        mixed_by([&](NetworkBuilder& b, const std::string& x) { return sent(b, x, computes); });
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->by_given_neighbours) << found->node;
    EXPECT_EQ(found->node, "messages");
  }
  const auto of_few = mixed_by([](NetworkBuilder& b, const std::string& x) {
    const at::Tensor neighbours = at::tensor({1L, 2L, 2L, 3L, 3L, 4L, 4L, 5L, 5L, 0L, 0L, 1L}).view({6, 2});
    const std::string taken = b.node("Gather", "taken", {x, b.parameter("neighbours", neighbours, false)});
    return b.node("ReduceMean", "mean", {taken},
                  {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
  });
  ASSERT_TRUE(of_few);
  EXPECT_TRUE(of_few->by_given_neighbours);
  EXPECT_EQ(of_few->node, "taken");
}

TEST(CoupledExamples, AreJoinedByNoGivenEdgesWhereTheirNumbersSayThem) {
  // To each the example is added whose number is largest: the first.
  NetworkBuilder b("best");
  const std::string x = b.input("input", {1});
  const std::string most = b.node("ArgMax", "most", {x}, {{"axis", int64_t{0}}, {"keepdims", int64_t{0}}});
  b.output(b.add(x, b.node("Gather", "best", {x, most}), "sum"));
  Batch batch;
  batch.inputs = {at::arange(6, 0, -1, at::kFloat).view({6, 1})};
  const auto found = coupled_examples(b.build(), batch, {});
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->by_given_neighbours) << found->node;
}

TEST(CoupledExamples, AreJoinedByNoGivenMatrixWhereItIsTheirOwn) {
  // (x x^T) x
  NetworkBuilder builder("similarities");
  const std::string x = builder.input("input", {kNumbers});
  const std::string pairs = builder.node("MatMul", "pairs", {x, builder.node("Transpose", "turned", {x})});
  builder.output(builder.node("MatMul", "weighted", {pairs, x}));
  const std::optional<CoupledExamples> found = found_in(builder.build());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "pairs");
  EXPECT_FALSE(found->by_given_neighbours);
}

TEST(CoupledExamples, AreMeantWhereEveryPairHasANumber) {
  // Similarities of all examples with one another, as contrastive losses take them.
  NetworkBuilder builder("similarities");
  const std::string x = builder.input("input", {kNumbers});
  builder.output(builder.node("MatMul", "pairs", {x, builder.node("Transpose", "turned", {x})}));
  EXPECT_FALSE(found_in(builder.build()));
  // As many classes as there are examples are no pairs.
  NetworkBuilder classes("classes");
  classes.output(classes.node("Softmax", "node", {classes.input("input", {6})}, {{"axis", int64_t{0}}}));
  EXPECT_TRUE(found_in(classes.build()));
}

TEST(CoupledExamples, NeedTwo) {
  EXPECT_FALSE(found_in(of("Softmax", {{"axis", int64_t{0}}}), 1));
}

}  // namespace
}  // namespace shatterproof::coupled_examples_test
