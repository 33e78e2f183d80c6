// SPDX-License-Identifier: Apache-2.0
#include "initializer/vector_standing.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "initializer/moments.h"
#include "initializer/parameter_origin.h"

namespace shatterproof {
namespace {

constexpr size_t kSeveral = 3;

// Of those that agree with a law at all, as weights of one network do.
std::set<std::string> laws_of_most_weights(const std::vector<ParameterOrigin>& origins) {
  std::map<std::string, size_t> votes;
  size_t count = 0;
  for (const ParameterOrigin& origin : origins) {
    if (origin.role != ParameterRole::weight && origin.role != ParameterRole::recurrent_weight) continue;
    ++count;
    for (const std::string& law : origin.laws) ++votes[law];
  }
  std::set<std::string> found;
  for (const auto& [law, number] : votes) {
    if (2 * number >= count) found.insert(law);
  }
  return found;
}

bool is_centred(const ParameterOrigin& origin) {
  return std::abs(origin.mean) * std::sqrt(static_cast<double>(origin.numbers)) <=
         kMostDeparture * origin.standard_deviation;
}

bool have_one_spread(const std::vector<ParameterOrigin*>& origins) {
  constexpr double kMostMisfit = 2.5;
  double squares = 0, numbers = 0;
  for (const ParameterOrigin* origin : origins) {
    const auto n = static_cast<double>(origin->numbers);
    squares += n * origin->standard_deviation * origin->standard_deviation;
    numbers += n;
  }
  const double shared = std::sqrt(squares / numbers);
  return std::all_of(origins.begin(), origins.end(), [&](const ParameterOrigin* origin) {
    const double error = 1 / std::sqrt(2. * static_cast<double>(origin->numbers));
    return is_centred(*origin) &&
           std::abs(std::log(origin->standard_deviation / shared)) <= kMostMisfit * error;
  });
}

// The axis along which it has a number for each, all others having one; -1: there is none.
int64_t only_axis(const at::Tensor& numbers) {
  for (int64_t axis = 0; axis < numbers.dim(); ++axis) {
    if (numbers.size(axis) == numbers.numel()) return axis;
  }
  return -1;
}

bool are_near(const at::Tensor& numbers, const at::Tensor& others) {
  constexpr double kRounding = 1e-4;  // of lengths in single precision
  const at::Tensor gap = (numbers - others).abs();
  return gap.le((kRounding + rounding_of(numbers)) * others.abs()).all().item<bool>();
}

// Whether they are the lengths of the other's rows along their axis.
bool are_lengths(const at::Tensor& gains, int64_t axis, const at::Tensor& directions) {
  if (directions.dim() != gains.dim() || directions.numel() <= gains.numel()) return false;
  if (!directions.is_floating_point() || directions.size(axis) != gains.size(axis)) return false;
  const at::Tensor given = gains.flatten().to(at::kDouble);
  const auto length = [](const at::Tensor& rows) { return rows.to(at::kDouble).norm(2, 1); };
  const at::Tensor rows = directions.movedim(axis, 0).flatten(1);
  // One row tells most that are not, at little cost.
  return are_near(given.narrow(0, 0, 1), length(rows.narrow(0, 0, 1))) && are_near(given, length(rows));
}

}  // namespace

bool settle_biases(std::vector<ParameterOrigin>& origins) {
  std::set<std::string> expected = laws_of_most_weights(origins);
  expected.insert("pytorch");
  std::vector<ParameterOrigin*> others;
  for (ParameterOrigin& origin : origins) {
    const bool settled = origin.distribution == Distribution::constant ||
                         origin.distribution == Distribution::other || origin.standing == Standing::undecided;
    if (origin.role != ParameterRole::bias || settled) continue;
    const bool is_expected = std::any_of(origin.laws.begin(), origin.laws.end(),
                                         [&](const std::string& law) { return expected.contains(law); });
    if (!is_expected) others.push_back(&origin);
  }
  const bool many = others.size() >= kSeveral, alike = many && have_one_spread(others);
  const Standing standing = many && !alike ? Standing::moved : Standing::undecided;
  for (ParameterOrigin* origin : others) origin->standing = standing;
  return !alike;
}

void settle_gains(std::vector<ParameterOrigin>& origins) {
  std::vector<ParameterOrigin*> drawn;
  std::map<std::string, size_t> votes;
  size_t most = 0;
  for (ParameterOrigin& origin : origins) {
    if (origin.role != ParameterRole::gain || origin.standing != Standing::initial || origin.laws.empty())
      continue;
    if (origin.distribution == Distribution::constant) continue;
    drawn.push_back(&origin);
    for (const std::string& law : origin.laws) most = std::max(most, ++votes[law]);
  }
  for (ParameterOrigin* origin : drawn) {
    const bool shared = std::any_of(origin->laws.begin(), origin->laws.end(),
                                    [&](const std::string& law) { return votes[law] == most; });
    if (drawn.size() >= kSeveral && 2 * most <= drawn.size()) {
      origin->standing = Standing::moved;
    } else if (!shared) {
      origin->standing = Standing::undecided;
    }
  }
}

void settle_lengths(const Network& network, std::vector<ParameterOrigin>& origins) {
  for (ParameterOrigin& origin : origins) {
    if (origin.role != ParameterRole::other && origin.role != ParameterRole::gain) continue;
    const at::Tensor& gains = network.find_parameter(origin.name)->value;
    const int64_t axis = only_axis(gains);
    if (axis < 0 || gains.dim() < 2 || gains.numel() < 2) continue;
    const bool found = std::any_of(
        network.parameters().begin(), network.parameters().end(), [&](const Parameter& parameter) {
          return parameter.value.defined() && are_lengths(gains, axis, parameter.value);
        });
    if (found) origin.standing = Standing::undecided;
  }
}

}  // namespace shatterproof
