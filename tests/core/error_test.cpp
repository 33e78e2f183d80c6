// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shatterproof::error_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(Reject, IsOneLineOfOperationRuleAndWhatWasGiven) {
  EXPECT_THAT([] { reject("conv", "weights must be 4-D", "[3, 3]"); },
              ThrowsMessage<std::invalid_argument>("conv: weights must be 4-D; got [3, 3]"));
}

TEST(Reject, TextOfTheUserCannotWriteToTheTerminal) {
  EXPECT_THAT([] { reject("a\x1b[31m", "b\n", "c\r"); },
              ThrowsMessage<std::invalid_argument>("a\\x1b[31m: b\\x0a; got c\\x0d"));
}

TEST(RejectUnknown, GuessesANearNameAndListsTheKnownOnes) {
  EXPECT_THAT(
      [] {
        reject_unknown("init", "scheme", "ortogonal", {"he", "orthogonal"});
      },
      ThrowsMessage<std::invalid_argument>(
          "init: unknown scheme 'ortogonal'; did you mean 'orthogonal'? known: he, orthogonal"));
}

TEST(RejectUnknown, GuessesTheNameThatWasBegun) {
  EXPECT_THAT(
      [] {
        reject_unknown("init", "scheme", "ortho", {"he", "orthogonal"});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("did you mean 'orthogonal'?")));
}

TEST(RejectUnknown, DoesNotGuessWhenNothingIsNear) {
  EXPECT_THAT(
      [] {
        reject_unknown("init", "scheme", "zzzzzzzz", {"he", "orthogonal"});
      },
      ThrowsMessage<std::invalid_argument>(Not(HasSubstr("did you mean"))));
  EXPECT_THAT([] { reject_unknown("init", "scheme", "", {"he"}); },
              ThrowsMessage<std::invalid_argument>(Not(HasSubstr("did you mean"))));
}

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("plain text"), "plain text");
  EXPECT_EQ(printable("größe 中 😀"), "größe 中 😀");
  EXPECT_EQ(printable(std::string_view("\0\t\x7f", 3)), "\\x00\\x09\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
}

TEST(Printable, BytesThatAreNotUtf8AreEscaped) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe4\xb8"
                      "x"),
            "\\xe4\\xb8x");
}

TEST(Printable, LongTextIsCutBetweenCharacters) {
  const std::string long_text(1000, 'x');
  EXPECT_EQ(printable(long_text.substr(0, 80)), long_text.substr(0, 80));
  EXPECT_EQ(printable(long_text.substr(0, 81)).size(), 83U);
  EXPECT_EQ(printable(long_text, 200).size(), 203U);
  EXPECT_EQ(printable("aé", 2), "a...");
  EXPECT_EQ(printable("aé", 3), "aé");
}

}  // namespace
}  // namespace shatterproof::error_test
