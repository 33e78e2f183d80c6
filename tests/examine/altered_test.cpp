// SPDX-License-Identifier: Apache-2.0
#include "examine/altered.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"

namespace shatterproof::altered_test {
namespace {

using Kind = Remedy::Kind;

// A model that runs with the numbers its graph has, and is told others in place, as a live one.
class OwnNumbers : public TapSource {
 public:
  OwnNumbers()
      : graph_(initialize(build_family("feedforward:depth=3,width=6,input=4"), "glorot", 1).network) {
    for (const Parameter& parameter : graph_.parameters()) {
      before_.push_back(parameter.value);
      graph_.set_parameter(parameter.name, parameter.value.clone());
    }
  }
  std::vector<Tap> taps(const RunOptions&) override { return {}; }
  void run(const Batch&, std::span<Observer* const>, const RunOptions&) override {}
  void observe_forward(const Batch&, std::span<Observer* const>, const RunOptions&) override {}
  const Network* graph() const override { return &graph_; }
  CoverageRecord coverage() const override { return {}; }
  bool set_parameters(const std::vector<Parameter>& parameters) override {
    for (const Parameter& parameter : parameters) {
      if (parameter.name == refused) return false;
      graph_.find_parameter(parameter.name)->value.copy_(parameter.value);
    }
    return true;
  }

  bool is_as_before() const {
    for (size_t i = 0; i < before_.size(); ++i) {
      if (!graph_.parameters()[i].value.equal(before_[i])) return false;
    }
    return true;
  }
  Batch batch() const { return gaussian_batch(graph_.inputs(), 5, 1); }

  std::string refused;  // that cannot be written

 private:
  Network graph_;
  std::vector<at::Tensor> before_;
};

const Remedy kRedrawn{.kind = Kind::redraw, .scheme = "he"};

TEST(Altered, PutsBackTheNumbersOfWhatItChangedInPlace) {
  OwnNumbers source;
  for (const Remedy& remedy : {kRedrawn, Remedy{.kind = Kind::scale_layer, .value = 3.0}}) {
    {
      const std::unique_ptr<Altered> made = altered(source, source.batch(), remedy, 1);
      ASSERT_TRUE(made);
      EXPECT_EQ(&made->source(), &source);
      EXPECT_FALSE(source.is_as_before());
    }
    EXPECT_TRUE(source.is_as_before());
  }
}

TEST(Altered, PutsThemBackAfterAnException) {
  OwnNumbers source;
  try {
    const std::unique_ptr<Altered> made = altered(source, source.batch(), kRedrawn, 1);
    EXPECT_FALSE(source.is_as_before());
    throw std::runtime_error("while it is tried");
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(source.is_as_before());
  }
}

TEST(Altered, IsNothingWhereANumberCannotBeWrittenAndPutsBackTheOthers) {
  OwnNumbers source;
  source.refused = source.graph()->parameters().back().name;
  EXPECT_FALSE(altered(source, source.batch(), kRedrawn, 1));
  EXPECT_TRUE(source.is_as_before());
}

TEST(Altered, IsNothingInPlaceWhereNodesWouldChange) {
  OwnNumbers source;
  for (const Kind kind : {Kind::add_skips, Kind::add_norm, Kind::replace_nonlinearity, Kind::look_at}) {
    EXPECT_FALSE(altered(source, source.batch(), {.kind = kind, .scheme = "batch"}, 1));
    EXPECT_TRUE(source.is_as_before());
  }
}

TEST(Altered, InputsAloneLeaveTheParametersAlone) {
  OwnNumbers source;
  const Batch batch = source.batch();
  const std::unique_ptr<Altered> made = altered(source, batch, {.kind = Kind::standardize_inputs}, 1);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->batch().inputs[0].equal(batch.inputs[0]));
  EXPECT_TRUE(source.is_as_before());
}

TEST(Altered, OfANetworkIsAnotherOne) {
  const Network network =
      initialize(build_family("feedforward:depth=3,width=6,input=4"), "glorot", 1).network;
  const at::Tensor before = network.parameters()[0].value.clone();
  const std::unique_ptr<Altered> made =
      altered(network, gaussian_batch(network.inputs(), 5, 1), kRedrawn, 1, {});
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->source().network()->parameters()[0].value.equal(before));
  EXPECT_TRUE(network.parameters()[0].value.equal(before));
}

}  // namespace
}  // namespace shatterproof::altered_test
