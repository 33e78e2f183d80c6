// SPDX-License-Identifier: Apache-2.0
#include "explain/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shatterproof::page_test {
namespace {

using testing::ElementsAre;

std::vector<std::string> plain(const std::string& page) {
  std::vector<std::string> lines;
  for (const Block& block : blocks_of(page)) {
    for (std::string& line : plain_lines(block)) lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Page, LosesItsMarksAndKeepsItsWords) {
  EXPECT_THAT(
      plain(
          "# Head\n\nA **bold** and *slanted* `code_x`, [linked](a.md#b);\ngoes on: W_l * rho, q* and c*.\n"),
      ElementsAre("A bold and slanted code_x, linked; goes on: W_l * rho, q* and c*."));
}

TEST(Page, KeepsWhatIsSetAsItIs) {
  EXPECT_THAT(plain("text\n\n    r = *a* [b](c)\n      d\n\n```sh\nrun `this`\n```\n"),
              ElementsAre("text", "    r = *a* [b](c)", "      d", "    run `this`"));
}

TEST(Page, HasListsAsParagraphs) {
  EXPECT_THAT(plain("- one\n  goes on\n- two\n"), ElementsAre("- one goes on", "- two"));
}

TEST(Page, AlignsTablesThatFit) {
  EXPECT_THAT(plain("| a | bb |\n|---|---|\n| `x\\|y` | 1 |\n"), ElementsAre("  a    bb", "  x|y  1"));
}

TEST(Page, TurnsRowsOfWideTablesIntoParagraphs) {
  const std::string wide(80, 'w');
  EXPECT_THAT(plain("| | |\n|---|---|\n| `x` | " + wide + " |\n"), ElementsAre("x: " + wide));
}

TEST(Page, FindsPassagesThatNameAWordAsCodeOnly) {
  const std::vector<Passage> found = passages_naming("concepts", "stored");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().title, "The words");
  EXPECT_THAT(found.front().lines, testing::Contains(testing::HasSubstr("inference")));
  EXPECT_TRUE(passages_naming("concepts", "inference").empty()) << "a word, not a name";
  EXPECT_TRUE(passages_naming("nowhere", "stored").empty());
}

TEST(Page, TakesASectionOfTheNameWhole) {
  const std::vector<Passage> found = passages_naming("families", "looks_linear");
  EXPECT_THAT(found, testing::Contains(testing::Field(&Passage::title, "Looks-linear")));
}

}  // namespace
}  // namespace shatterproof::page_test
