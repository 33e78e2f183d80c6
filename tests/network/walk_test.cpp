// SPDX-License-Identifier: Apache-2.0
#include "network/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace shatterproof::walk_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

Node node(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs) {
  Node made;
  made.op = op;
  made.inputs = std::move(inputs);
  made.outputs = std::move(outputs);
  return made;
}

// b = x + c; d, e = b + x; f = d + d; nobody reads e, and the second input of the last node is left out.
std::vector<Node> graph() {
  return {node("first", {"x", "c"}, {"b"}), node("second", {"b", "x"}, {"d", "e"}),
          node("third", {"d", "", "d"}, {"f"})};
}

// Any kind of value will do: here numbers, every output being the sum of the inputs.
std::vector<int> sums(const std::vector<int>& inputs, size_t outputs) {
  return std::vector<int>(outputs, std::accumulate(inputs.begin(), inputs.end(), 0));
}

TEST(LastUses, AreThoseOfTheLastStepThatReadsOrMakesAValue) {
  const auto last = last_uses<int>({{1, 2}, {2, 3}, {1, 4}}, {4});
  EXPECT_THAT(last, ElementsAre(IsEmpty(), ElementsAre(2, 3), ElementsAre(1)));
}

TEST(Walk, MakesValuesInOrderAndForgetsThemAfterTheirLastReader) {
  const std::vector<Node> nodes = graph();
  const Walk<int>::Values constants = {{"c", 10}};
  Walk<int> walk(nodes, {"f"}, constants);
  walk.set("x", 1);
  const auto rule = [&](size_t index, const std::vector<int>& inputs) {
    return sums(inputs, nodes[index].outputs.size());
  };
  walk.visit(0, rule);
  EXPECT_THAT(walk.values(), UnorderedElementsAre(Key("x"), Key("b")));
  walk.visit(1, rule);
  EXPECT_THAT(walk.values(), UnorderedElementsAre(Key("d")));
  EXPECT_THAT(walk.inputs_of(nodes[2]), ElementsAre(12, 0, 12));
  walk.visit(2, rule);
  EXPECT_THAT(walk.values(), UnorderedElementsAre(Key("f")));
  EXPECT_EQ(walk.at("f"), 24);
  EXPECT_EQ(walk.at("c"), 10);
  EXPECT_THROW(walk.at("x"), std::out_of_range);
}

TEST(Walk, KeepsWhatItEndsWithAlsoWhereItIsReadOn) {
  const std::vector<Node> nodes = graph();
  const Walk<int>::Values constants = {{"c", 10}};
  Walk<int> walk(nodes, {"b", "f"}, constants);
  walk.set("x", 1);
  walk.run([&](size_t index, const std::vector<int>& inputs) {
    return sums(inputs, nodes[index].outputs.size());
  });
  EXPECT_THAT(walk.values(), UnorderedElementsAre(Key("b"), Key("f")));
}

}  // namespace
}  // namespace shatterproof::walk_test
