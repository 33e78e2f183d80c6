// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "shatterproof/network/layer.h"
#include "written_network.h"

namespace shatterproof::residual_sum_test {
namespace {

using S = const std::string&;
constexpr int64_t kUnits = 12;

Structure view_of(const std::function<std::string(Written& w, S x)>& write) {
  Written w;
  const std::string x = w.builder.input("x", {-1, kUnits});
  w.builder.output(write(w, x));
  return structure(w.builder.build());
}

std::string branch(Written& w, S x) {
  return w.linear(w.node("Relu", {w.linear(x, kUnits, kUnits)}), kUnits, kUnits);
}

std::string sigmoid(Written& w, S x) {
  return w.node("Sigmoid", {w.linear(x, kUnits, kUnits)});
}

std::string tanh(Written& w, S x) {
  return w.node("Tanh", {w.linear(x, kUnits, kUnits)});
}

struct Written_sum {
  const char* what;
  std::function<std::string(Written& w, S x)> write;
  size_t sums;
};

TEST(ResidualSum, CarriesAStateAroundLayers) {
  const std::vector<Written_sum> cases = {
      {"x + f(x)", [](Written& w, S x) { return w.add(x, branch(w, x)); }, 1},
      {"f(x) + x", [](Written& w, S x) { return w.add(branch(w, x), x); }, 1},
      {"x - f(x)", [](Written& w, S x) { return w.sub(x, branch(w, x)); }, 1},
      {"two in a row",
       [](Written& w, S x) {
         const std::string y = w.add(x, branch(w, x));
         return w.add(y, branch(w, y));
       },
       2},
      {"a projected skip", [](Written& w, S x) { return w.add(w.linear(x, kUnits, kUnits), branch(w, x)); },
       1},
      {"post-norm",
       [](Written& w, S x) {
         const std::string gain = w.trainable({kUnits});
         const std::string y = w.node("LayerNormalization", {w.add(x, branch(w, x)), gain});
         return w.add(y, branch(w, y));
       },
       2},
      {"sandwich norm",
       [](Written& w, S x) {
         const auto norm = [&](S z) { return w.node("LayerNormalization", {z, w.trainable({kUnits})}); };
         return w.add(x, norm(branch(w, norm(x))));
       },
       1},
      {"layer scale", [](Written& w, S x) { return w.add(x, w.mul(w.trainable({kUnits}), branch(w, x))); },
       1},
      {"rezero", [](Written& w, S x) { return w.add(x, w.mul(w.trainable({}), branch(w, x))); }, 1},
      {"parallel branches, summed first",
       [](Written& w, S x) { return w.add(x, w.add(branch(w, x), branch(w, x))); }, 1},
      {"highway",
       [](Written& w, S x) {
         const std::string t = sigmoid(w, x);
         return w.add(w.mul(t, tanh(w, x)), w.mul(w.sub(w.c(1), t), x));
       },
       1},
      {"an additive skip of a U",
       [](Written& w, S x) {
         const std::string wide = w.node("Relu", {w.linear(x, kUnits, kUnits)});
         return w.linear(w.add(branch(w, wide), wide), kUnits, kUnits);
       },
       1},
  };
  for (const Written_sum& each : cases) {
    const Structure view = view_of(each.write);
    EXPECT_EQ(view.residual_sums.size(), each.sums) << each.what;
    for (const ResidualSum& sum : view.residual_sums) EXPECT_NE(sum.skip, sum.branch) << each.what;
  }
}

TEST(ResidualSum, IsNotWhateverIsAdded) {
  const std::vector<Written_sum> cases = {
      {"two maps of one input", [](Written& w, S x) { return w.add(branch(w, x), branch(w, x)); }, 0},
      {"recurrence over steps",
       [](Written& w, S x) {
         // h = tanh(W x_t + U h), the same W and U at every step.
         const std::string weight = w.trainable({3, 5}), state = w.trainable({5, 5});
         std::string h;
         for (int64_t t = 0; t < 4; ++t) {
           const std::string x_t =
               w.node("Slice", {x, w.integers({3 * t}), w.integers({3 * t + 3}), w.integers({1})});
           const std::string read = w.node("MatMul", {x_t, weight});
           h = w.node("Tanh", {h.empty() ? read : w.add(read, w.node("MatMul", {h, state}))});
         }
         return h;
       },
       0},
      {"the same input at every step",
       [](Written& w, S x) {
         const std::string weight = w.trainable({kUnits, 5}), state = w.trainable({5, 5});
         std::string h = w.node("Tanh", {w.node("MatMul", {x, weight})});
         for (int t = 0; t < 3; ++t)
           h = w.node("Tanh", {w.add(w.node("MatMul", {x, weight}), w.node("MatMul", {h, state}))});
         return h;
       },
       0},
      {"a low-rank update beside its base",
       [](Written& w, S x) {
         return w.add(w.linear(x, kUnits, kUnits), w.linear(w.linear(x, kUnits, 2), 2, kUnits));
       },
       0},
      {"a gate", [](Written& w, S x) { return w.mul(tanh(w, x), sigmoid(w, x)); }, 0},
      {"a dense block",
       [](Written& w, S x) {
         const std::string y = w.node("Concat", {x, tanh(w, x)}, {{"axis", int64_t{1}}});
         return w.linear(y, 2 * kUnits, kUnits);
       },
       0},
      {"one vector for all positions",
       [](Written& w, S x) {
         const std::string t = w.node("Relu", {w.linear(x, kUnits, kUnits)});
         const auto at_positions = [&](S z) { return w.node("Unsqueeze", {z, w.integers({2})}); };
         const std::string h = w.add(at_positions(branch(w, t)), at_positions(w.linear(t, kUnits, kUnits)));
         return h;
       },
       0},
      {"a norm written out",
       [](Written& w, S x) {
         const std::string d = w.sub(x, w.mean(x, {-1}));
         return w.linear(d, kUnits, kUnits);
       },
       0},
  };
  for (const Written_sum& each : cases)
    EXPECT_EQ(view_of(each.write).residual_sums.size(), each.sums) << each.what;
}

TEST(ResidualSum, KnowsSignsAndScales) {
  const auto scales = [](const std::function<std::string(Written & w, S x)>& write) {
    const Structure view = view_of(write);
    EXPECT_EQ(view.residual_sums.size(), 1U);
    return std::pair(view.residual_sums.at(0).skip_scale, view.residual_sums.at(0).branch_scale);
  };
  using Scales = std::pair<double, double>;
  EXPECT_EQ(scales([](Written& w, S x) { return w.add(x, branch(w, x)); }), Scales(1, 1));
  EXPECT_EQ(scales([](Written& w, S x) { return w.sub(x, branch(w, x)); }), Scales(1, -1));
  EXPECT_EQ(scales([](Written& w, S x) { return w.sub(branch(w, x), x); }), Scales(-1, 1));
  EXPECT_EQ(scales([](Written& w, S x) {
              return w.add(w.mul(w.c(.5), x), w.div(w.node("Neg", {branch(w, x)}), w.c(4)));
            }),
            Scales(.5, -.25));
  EXPECT_EQ(scales([](Written& w, S x) { return w.node("Mean", {x, branch(w, x)}); }), Scales(.5, .5));
}

}  // namespace
}  // namespace shatterproof::residual_sum_test
