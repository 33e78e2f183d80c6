// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shatterproof::spec_test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Spec, ReadsWordsNumbersCountsAndFlags) {
  const Spec values = Spec::parse("residual:depth=50,beta=-1e-1,norm=batch,crelu=true");
  EXPECT_EQ(values.name(), "residual");
  EXPECT_EQ(values.count("depth", 1, 1, 100), 50);
  EXPECT_EQ(values.number("beta", 1), -0.1);
  EXPECT_EQ(values.word("norm", "none"), "batch");
  EXPECT_TRUE(values.flag("crelu", false));
  EXPECT_NO_THROW(values.reject_unread());
}

TEST(Spec, WhatIsNotGivenIsOtherwise) {
  const Spec values = Spec::parse("he");
  EXPECT_EQ(values.count("depth", 7, 1, 100), 7);
  EXPECT_EQ(values.number("beta", .5), .5);
  EXPECT_EQ(values.word("norm", "none"), "none");
  EXPECT_FALSE(values.flag("crelu", false));
  EXPECT_FALSE(values.has("depth"));
}

TEST(Spec, WordsWithoutAnEqualsSignKeepTheirPosition) {
  const Spec values = Spec::parse("f:first,a=1,second");
  EXPECT_EQ(values.word("0", ""), "first");
  EXPECT_EQ(values.word("1", ""), "second");
  EXPECT_EQ(values.number("a", 0), 1);
}

TEST(Spec, EqualValuesPrintEqually) {
  EXPECT_EQ(Spec::parse("f:b=2,a=1").text(), "f:a=1,b=2");
  EXPECT_EQ(Spec::parse("f:a=1,b=2").text(), "f:a=1,b=2");
  EXPECT_EQ(Spec::parse("f").text(), "f");
}

TEST(Spec, MalformedTextIsRefused) {
  for (const char* text :
       {"", ":a=1", "f:=1", "f:a=", "f:a=1,", "f:,a=1", "f:a=1,,b=2", "f:a=1,a=2", "f:x,0=y"}) {
    EXPECT_THROW(Spec::parse(text), std::invalid_argument) << text;
  }
}

TEST(Spec, AValueOfTheWrongKindNamesKeyAndValue) {
  const Spec values = Spec::parse("f:a=x,n=1.5,i=inf,nan=nan,big=101,flag=yes,tail=3x");
  const auto refuses = [](auto read, const char* key, const char* value) {
    EXPECT_THAT(read, ThrowsMessage<std::invalid_argument>(HasSubstr(std::string(key) + " must be"))) << key;
    EXPECT_THAT(read, ThrowsMessage<std::invalid_argument>(HasSubstr(value))) << key;
  };
  refuses([&] { values.number("a", 0); }, "a", "'x'");
  refuses([&] { values.number("i", 0); }, "i", "'inf'");
  refuses([&] { values.number("nan", 0); }, "nan", "'nan'");
  refuses([&] { values.number("tail", 0); }, "tail", "'3x'");
  refuses([&] { values.count("n", 0, 0, 10); }, "n", "'1.5'");
  refuses([&] { values.count("big", 0, 0, 100); }, "big", "'101'");
  refuses([&] { values.flag("flag", true); }, "flag", "'yes'");
}

TEST(Spec, WhatMustNotBeNegativeMayBeZero) {
  const Spec values = Spec::parse("f:a=-0.5,b=0");
  EXPECT_THAT([&] { values.not_negative("a", 1); },
              ThrowsMessage<std::invalid_argument>("f: a must not be negative; got -0.5"));
  EXPECT_EQ(values.not_negative("b", 1), 0);
  EXPECT_EQ(values.not_negative("c", 1), 1);
}

TEST(Spec, AKeyNobodyAskedForIsRefusedWithTheKnownOnes) {
  const Spec values = Spec::parse("f:dept=3");
  values.count("depth", 1, 1, 10);
  values.word("norm", "");
  EXPECT_THAT([&] { values.reject_unread(); },
              ThrowsMessage<std::invalid_argument>(
                  "f: unknown option 'dept'; did you mean 'depth'? known: depth, norm"));
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number("-2.5e3"), -2500);
  EXPECT_EQ(parse_whole_number("-12"), -12);
  for (const char* text : {"", " 1", "1 ", "1x", "0x10", "--1", "one"}) {
    EXPECT_FALSE(parse_number(text)) << text;
    EXPECT_FALSE(parse_whole_number(text)) << text;
  }
  EXPECT_FALSE(parse_whole_number("1.0"));
  EXPECT_FALSE(parse_whole_number("9223372036854775808"));
}

}  // namespace
}  // namespace shatterproof::spec_test
