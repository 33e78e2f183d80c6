// SPDX-License-Identifier: Apache-2.0
#include "mend/candidates.h"

#include <gtest/gtest.h>

namespace shatterproof::candidates_test {
namespace {

using Kind = Remedy::Kind;

TEST(Candidates, WhatIsSaidOfAPlaceIsNoPartOfTheChange) {
  EXPECT_TRUE(
      same_change({.kind = Kind::revive, .scheme = "one of them, as b.weight"}, {.kind = Kind::revive}));
  EXPECT_TRUE(
      same_change({.kind = Kind::standardize_inputs, .value = 73}, {.kind = Kind::standardize_inputs}));
  EXPECT_TRUE(same_change({.kind = Kind::break_symmetry, .scheme = "w"}, {.kind = Kind::revive}))
      << "both draw weights that are all one number";
  EXPECT_EQ(reach_of({{.kind = Kind::revive, .scheme = "w"}}), reach_of({{.kind = Kind::revive}}));
}

TEST(Candidates, SchemesValuesAndLayersAre) {
  EXPECT_FALSE(
      same_change({.kind = Kind::redraw, .scheme = "he"}, {.kind = Kind::redraw, .scheme = "lecun"}));
  EXPECT_FALSE(
      same_change({.kind = Kind::scale_branches, .value = .1}, {.kind = Kind::scale_branches, .value = .2}));
  EXPECT_FALSE(same_change({.kind = Kind::scale_layer, .layers = LayerRange{1, 1}, .value = .1},
                           {.kind = Kind::scale_layer, .value = .1}));
}

}  // namespace
}  // namespace shatterproof::candidates_test
