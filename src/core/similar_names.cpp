// SPDX-License-Identifier: Apache-2.0
#include "core/similar_names.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace shatterproof {
namespace {

std::string lower(std::string_view word) {
  std::string letters(word);
  std::transform(letters.begin(), letters.end(), letters.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return letters;
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_names(std::string_view got, const std::vector<std::string>& known) {
  constexpr size_t kMost = 3, kLongest = 64, kShortestPart = 4;
  if (got.empty() || got.size() > kLongest) return {};
  std::vector<std::pair<size_t, std::string>> found;
  for (const std::string& name : known) {
    const bool part = std::min(got.size(), name.size()) >= kShortestPart &&
                      (name.find(got) != std::string::npos || got.find(name) != std::string_view::npos);
    const bool same_letters = lower(got) == lower(name);
    const size_t distance = same_letters ? 0 : part ? 1 : edit_distance(got, name);
    if (same_letters || part || distance <= got.size() / 3) found.emplace_back(distance, name);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (size_t i = 0; i < std::min(kMost, found.size()); ++i) nearest.push_back(found[i].second);
  return nearest;
}

}  // namespace shatterproof
