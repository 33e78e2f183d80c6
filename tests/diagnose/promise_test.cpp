// SPDX-License-Identifier: Apache-2.0
// Every numeric advice is a promise: the remedy is applied to the zoo's sick networks and measured again.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/diagnose/promise.h"
#include "tests/diagnose/rule_page.h"

namespace shatterproof::promise_test {
namespace {

constexpr const char* kBegin = "<!-- The table is written by a test. -->\n";
constexpr const char* kEnd = "<!-- The end of the table. -->\n";

const std::vector<KeptPromise>& promises() {
  static const std::vector<KeptPromise> all = [] {
    std::vector<KeptPromise> found;
    for (const Animal& animal : sick_animals()) {
      for (KeptPromise& promise : promises_of(animal)) found.push_back(std::move(promise));
    }
    return found;
  }();
  return all;
}

std::string row(const KeptPromise& promise) {
  return fmt::format("| `{}` | {} | {} | `{}` | {:.3g} | {:.3g} | {:.3g} | {} |\n", promise.rule,
                     promise.network, promise.remedy, promise.reading, promise.now, promise.predicted,
                     promise.measured, promise.tolerance_text());
}

std::string table() {
  std::string text =
      "| rule | network | remedy | reading | now | predicted | measured after | within |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const KeptPromise& promise : promises()) text += row(promise);
  return text;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::stringstream text(line);
  for (std::string cell; std::getline(text, cell, '|');) found.push_back(cell);
  return found;
}

bool is_number(const std::string& text, double& number) {
  char* end = nullptr;
  number = std::strtod(text.c_str(), &end);
  return end != text.c_str() && std::string(end).find_first_not_of(' ') == std::string::npos;
}

// To another machine's rounding; what multiplies over layers, its exponent.
bool are_close(double x, double y) {
  constexpr double kOtherMachine = .02, kLarge = 1e4, kOtherExponent = .05;
  if (x > kLarge && y > kLarge) return std::abs(std::log(y / x)) <= kOtherExponent * std::log(x);
  return std::abs(x - y) <= kOtherMachine * std::abs(x);
}

// Numbers as near as another machine gets, everything else to the letter.
bool agree(const std::string& a, const std::string& b) {
  const std::vector<std::string> left = cells(a), right = cells(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const std::string& one, const std::string& other) {
                      double x = 0, y = 0;
                      if (one == other) return true;
                      return is_number(one, x) && is_number(other, y) && are_close(x, y);
                    });
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) found.push_back(line);
  return found;
}

TEST(EveryPromise, ComesOutWithinItsTolerance) {
  constexpr size_t kFewest = 10;
  EXPECT_GE(promises().size(), kFewest) << "or the loop says little";
  for (const KeptPromise& promise : promises()) EXPECT_TRUE(promise.is_kept()) << row(promise);
}

TEST(EveryPromise, IsOfAChange) {
  for (const KeptPromise& promise : promises()) {
    // Which gives the price of a norm: growth that was not there.
    if (promise.rule == "collapsed_domain") continue;
    KeptPromise idle = promise;
    idle.measured = promise.now;
    EXPECT_FALSE(idle.is_kept()) << row(promise);
  }
}

TEST(EveryPromise, StandsInTheDocument) {
  const std::string path = fmt::format("{}/docs/remedies.md", SHATTERPROOF_SOURCE);
  std::string page = text_of(path);
  const size_t begin = page.find(kBegin), end = page.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << path;
  const size_t first = begin + std::string_view(kBegin).size();
  if (std::getenv("SHATTERPROOF_WRITE_PAGES")) {
    page.replace(first, end - first, table());
    std::ofstream(path) << page;
    return;
  }
  const std::vector<std::string> written = lines(page.substr(first, end - first)), fresh = lines(table());
  ASSERT_EQ(written.size(), fresh.size()) << "run this test with SHATTERPROOF_WRITE_PAGES=1";
  for (size_t i = 0; i < fresh.size(); ++i)
    EXPECT_TRUE(agree(written[i], fresh[i])) << written[i] << "\n" << fresh[i];
}

}  // namespace
}  // namespace shatterproof::promise_test
