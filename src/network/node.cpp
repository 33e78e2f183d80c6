// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/node.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr const char* kTypeNames[] = {"an integer",        "a number",        "a text",  "a list of integers",
                                      "a list of numbers", "a list of texts", "a tensor"};

template <typename T>
const T* find(const Node& node, const std::string& attribute, const char* wanted) {
  const auto found = node.attributes.find(attribute);
  if (found == node.attributes.end()) return nullptr;
  if (const T* value = std::get_if<T>(&found->second)) return value;
  reject(fmt::format("{} '{}'", printable(node.op), printable(node.name)),
         fmt::format("attribute '{}' is {}", attribute, wanted), kTypeNames[found->second.index()]);
}

}  // namespace

int64_t Node::integer(const std::string& attribute, int64_t otherwise) const {
  const int64_t* value = find<int64_t>(*this, attribute, "an integer");
  return value ? *value : otherwise;
}

double Node::number(const std::string& attribute, double otherwise) const {
  const double* value = find<double>(*this, attribute, "a number");
  return value ? *value : otherwise;
}

std::string Node::text(const std::string& attribute, const std::string& otherwise) const {
  const std::string* value = find<std::string>(*this, attribute, "a text");
  return value ? *value : otherwise;
}

std::vector<int64_t> Node::integers(const std::string& attribute, std::vector<int64_t> otherwise) const {
  const auto* value = find<std::vector<int64_t>>(*this, attribute, "a list of integers");
  return value ? *value : std::move(otherwise);
}

std::vector<double> Node::numbers(const std::string& attribute, std::vector<double> otherwise) const {
  const auto* value = find<std::vector<double>>(*this, attribute, "a list of numbers");
  return value ? *value : std::move(otherwise);
}

}  // namespace shatterproof
