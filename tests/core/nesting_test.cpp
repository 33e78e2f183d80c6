// SPDX-License-Identifier: Apache-2.0
#include "core/nesting.h"

#include <gtest/gtest.h>

#include <string>

namespace shatterproof::nesting_test {
namespace {

TEST(Nesting, OfJsonCountsOpenBrackets) {
  EXPECT_EQ(json_nesting("1"), 0U);
  EXPECT_EQ(json_nesting(R"([1, [2], {"a": [3]}])"), 3U);
  EXPECT_EQ(json_nesting("[][][]"), 1U);
  EXPECT_EQ(json_nesting("]]]["), 1U);
  EXPECT_EQ(json_nesting(std::string(100'000, '[')), 100'000U);
}

TEST(Nesting, OfJsonLeavesStringsAside) {
  EXPECT_EQ(json_nesting(R"("[[[")"), 0U);
  EXPECT_EQ(json_nesting(R"(["\"[[", "\\", [1]])"), 2U);
}

TEST(Nesting, OfTomlCountsBracketsAndDots) {
  EXPECT_EQ(toml_nesting("title = 'a'\n[case]\nx = 1.5\n"), 1U);
  EXPECT_EQ(toml_nesting("[[case]]\n"), 2U);
  EXPECT_EQ(toml_nesting("a.b.c.d = 1\n"), 3U);
  EXPECT_EQ(toml_nesting("x = [1.5, 2.5, 3.5, 4.5]\n"), 1U);
  EXPECT_EQ(toml_nesting("x = [[1], [[2]]]\n"), 3U);
}

TEST(Nesting, OfTomlLeavesStringsAndCommentsAside) {
  EXPECT_EQ(toml_nesting("# [[[[ a.b.c.d.e\nx = '[[[[' # [[[\n"), 0U);
  EXPECT_EQ(toml_nesting("x = \"a.b.c.d \\\" [[[\"\n"), 0U);
  EXPECT_EQ(toml_nesting("x = '''\n[[[[\n''' \ny = \"\"\"[[[\"\"\"\n"), 0U);
  EXPECT_EQ(toml_nesting("x = 'not closed\ny = [1]\n"), 1U);
}

}  // namespace
}  // namespace shatterproof::nesting_test
