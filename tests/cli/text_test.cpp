// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <gtest/gtest.h>

namespace shatterproof::cli::text_test {
namespace {

TEST(ShellLine, QuotesWhatAShellWouldNotTakeAsItIs) {
  const std::vector<std::string> words = {"check", "residual:depth=50,beta=.1", "a b", "it's", ""};
  EXPECT_EQ(shell_line(words), "shatterproof check residual:depth=50,beta=.1 'a b' 'it'\\''s' ''");
}

}  // namespace
}  // namespace shatterproof::cli::text_test
