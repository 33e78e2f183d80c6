// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof::cli {

/// Attempts of one kind, and how many of them the promise of docs/guarantees.md held for: a clear line and
/// exit code 2 or a result, no crash, no hang, no exhausted memory, no control character on the terminal.
/// Says so at its end.
class Attack {
 public:
  explicit Attack(std::string kind) : kind_(std::move(kind)) {}
  ~Attack();
  Attack(const Attack&) = delete;
  Attack& operator=(const Attack&) = delete;

  /// A command, called in this process.
  void run(const std::string& what, const std::vector<std::string>& words);
  /// A call of the library: it may return, or throw std::invalid_argument or IoError in one line.
  void call(const std::string& what, const std::function<void()>& call);

  /// What did not hold, and how: to be asserted empty.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  void count(const std::string& what, const std::string& broken, double seconds, int64_t bytes);

  std::string kind_;
  int64_t tried_ = 0, refused_ = 0;
  std::vector<std::string> broken_;
};

/// How often random attempts are repeated, and from which seed they are drawn: SHATTERPROOF_HOSTILE_TIMES (1)
/// and SHATTERPROOF_HOSTILE_SEED (1).
int64_t times(int64_t usual);
std::mt19937_64 generator(std::string_view of);

/// One of them, each as likely.
template <typename List>
const auto& any_of(const List& list, std::mt19937_64& random) {
  return list[random() % std::size(list)];
}

/// JSON texts that a reader may not expect where a number or a name stands.
const std::vector<std::string>& hostile_json();
/// Words that an option may not expect.
const std::vector<std::string>& hostile_words();
/// The text after a few changes: bytes and pieces flipped, left out, doubled, moved, or put in from `pieces`.
std::string mutated(std::string text, const std::vector<std::string>& pieces, std::mt19937_64& random);

}  // namespace shatterproof::cli
