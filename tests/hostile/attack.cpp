// SPDX-License-Identifier: Apache-2.0
#include "tests/hostile/attack.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli {
namespace {

// Of the processor: other programs may be busy. Sanitizers make everything a few times slower.
constexpr double kMostSeconds = 20;
constexpr int64_t kMostBytes = int64_t{1} << 30;

int64_t field_of_status(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    constexpr int64_t kKibibyte = 1024;
    if (line.starts_with(field)) return kKibibyte * std::atoll(line.c_str() + field.size());
  }
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

// Peak memory above what was held before, and seconds of the processor.
class Cost {
 public:
  Cost() : held_((forget_peak(), field_of_status("VmRSS:"))), start_(std::clock()) {}
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }
  int64_t bytes() const { return field_of_status("VmHWM:") - held_; }

 private:
  int64_t held_;
  std::clock_t start_;
};

bool is_one_line(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos;
}

// What a terminal would obey, or cannot show.
bool steers_a_terminal(std::string_view text) {
  std::string shown;
  for (size_t first = 0; first <= text.size();) {
    const size_t end = std::min(text.find('\n', first), text.size());
    const std::string_view line = text.substr(first, end - first);
    if (printable(line, line.size() + 1) != line) return true;
    first = end + 1;
  }
  return false;
}

std::string broken_by(const Ran& ran) {
  constexpr size_t kLongestLine = 5000;
  if (ran.code < kHealthy || ran.code > kBadInput) return fmt::format("exit code {}", ran.code);
  if (steers_a_terminal(ran.out) || steers_a_terminal(ran.err)) return "a control character in what is shown";
  if (ran.code != kBadInput) return "";
  if (!ran.out.empty()) return "data on standard output beside an error";
  const std::vector<std::string> lines = lines_of(ran.err);
  if (lines.empty() || !lines.back().starts_with("shatterproof: ")) return "no clear line: " + ran.err;
  return lines.back().size() > kLongestLine ? "an endless line" : "";
}

std::string broken_by(const std::string& refusal) {
  constexpr size_t kLongestLine = 5000;
  if (!is_one_line(refusal) || steers_a_terminal(refusal)) return "no clear line: " + refusal;
  return refusal.size() > kLongestLine ? "an endless line" : "";
}

}  // namespace

Attack::~Attack() {
  std::printf("%s: %lld tried, %lld held, of these %lld refused\n", kind_.c_str(),
              static_cast<long long>(tried_),
              static_cast<long long>(tried_) - static_cast<long long>(broken_.size()),
              static_cast<long long>(refused_));
  EXPECT_GT(refused_, 0) << kind_ << ": an attack that is never refused attacks nothing";
}

void Attack::run(const std::string& what, const std::vector<std::string>& words) {
  const Cost cost;
  const Ran ran = cli::run(words);
  refused_ += ran.code == kBadInput ? 1 : 0;
  count(what, broken_by(ran), cost.seconds(), cost.bytes());
}

void Attack::call(const std::string& what, const std::function<void()>& call) {
  const Cost cost;
  std::string broken;
  try {
    call();
  } catch (const IoError& error) {
    ++refused_;
    broken = broken_by(std::string(error.what()));
  } catch (const std::invalid_argument& error) {
    ++refused_;
    broken = broken_by(std::string(error.what()));
  } catch (const std::exception& error) {
    broken = fmt::format("another exception: {}", error.what());
  }
  count(what, broken, cost.seconds(), cost.bytes());
}

void Attack::count(const std::string& what, const std::string& broken, double seconds, int64_t bytes) {
  ++tried_;
  std::string why = broken;
  if (why.empty() && seconds > kMostSeconds) why = fmt::format("it took {:.1f} s", seconds);
  if (why.empty() && bytes > kMostBytes) why = fmt::format("it took {} MiB", bytes >> 20);
  if (!why.empty()) broken_.push_back(printable(what, 500) + ": " + why);
}

int64_t times(int64_t usual) {
  const char* factor = std::getenv("SHATTERPROOF_HOSTILE_TIMES");
  return usual * std::max<int64_t>(1, factor == nullptr ? 1 : std::atoll(factor));
}

std::mt19937_64 generator(std::string_view of) {
  const char* seed = std::getenv("SHATTERPROOF_HOSTILE_SEED");
  return std::mt19937_64(hash_name(of) + (seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10)));
}

const std::vector<std::string>& hostile_json() {
  constexpr size_t kDeep = 100'000;
  static const std::vector<std::string> all = {"null",
                                               "true",
                                               "-1",
                                               "0",
                                               "1",
                                               "1e308",
                                               "1e309",
                                               "9223372036854775808",
                                               "-0.0",
                                               "2",
                                               "\"\"",
                                               "\"x\"",
                                               "[]",
                                               "[[]]",
                                               "[\"\"]",
                                               "-9223372036854775808",
                                               "{}",
                                               "[-1]",
                                               "[1]",
                                               "{\"a\":[]}",
                                               "\"../x\"",
                                               "\".\"",
                                               "\"/\"",
                                               "18446744073709551615",
                                               "\"\\u001b[31m\\u0000\"",
                                               "\"\\u009b2J\\u007f\"",
                                               std::string(kDeep, '[') + std::string(kDeep, ']'),
                                               "\"" + std::string(kDeep, 'a') + "\""};
  return all;
}

const std::vector<std::string>& hostile_words() {
  static const std::vector<std::string> all = {"",
                                               " ",
                                               "nan",
                                               "-1",
                                               "0",
                                               "inf",
                                               "1e308",
                                               "99999999999999999999",
                                               "-",
                                               ",",
                                               "=",
                                               ":",
                                               ".",
                                               "/",
                                               "0x7",
                                               "1,",
                                               "name:key=value",
                                               "--help",
                                               "%s",
                                               "\x1b[31mred\x1b[0m",
                                               "\xff\xfe\x80",
                                               "\xc2\x9b"
                                               "2J\x7f",
                                               "/dev/full",
                                               "a=b",
                                               "9e9,",
                                               "x:y:z",
                                               std::string(100'000, 'a')};
  return all;
}

std::string mutated(std::string text, const std::vector<std::string>& pieces, std::mt19937_64& random) {
  constexpr uint64_t kMostChanges = 4, kLongestPiece = 40, kKinds = 5;
  const uint64_t changes = 1 + random() % kMostChanges;
  for (uint64_t i = 0; i < changes && !text.empty(); ++i) {
    const size_t at = random() % text.size(), length = 1 + random() % kLongestPiece;
    switch (random() % kKinds) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(random() % text.size(), length));
        break;
      case 3:
        text.insert(at, any_of(pieces, random));
        break;
      default:
        text.replace(at, std::min(length, text.size() - at), any_of(pieces, random));
    }
  }
  return text;
}

}  // namespace shatterproof::cli
