// SPDX-License-Identifier: Apache-2.0
#include "initializer/parameter_origin.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "initializer/moments.h"
#include "initializer/weight_pattern.h"
#include "network/weight_layout.h"

namespace shatterproof {
namespace {

constexpr std::array kShapes = {Distribution::gaussian, Distribution::flat, Distribution::truncated_gaussian};
// Fewer numbers of a matrix follow whatever one likes.
constexpr int64_t kFewest = 16;
constexpr int64_t kFewestShifts = 4;

// The worst of several tables, which need not have the same spread.
double worst_departure(const std::vector<Moments>& tables, Distribution shape) {
  double worst = 0;
  for (const Moments& table : tables) worst = std::max(worst, departure(table, shape));
  return worst;
}

struct Agreement {
  const LawRecord* law;
  double misfit;
};

// Whether uniform numbers have ends as sharp as independent draws have, whatever their bounds: a step of
// training blurs them.
bool has_sharp_ends(const Moments& table) {
  constexpr double kMostErrors = 3.5;  // of the few tables that are asked
  return table.bluntness && *table.bluntness < kMostErrors;
}

// Uniform numbers that a law's spread fits and its bounds do not.
bool has_left(const Moments& table, const LawRecord& law, double variance) {
  return law.distribution == Distribution::flat && !reaches_bound(table, law.mean, variance);
}

class Comparison {
 public:
  Comparison(std::vector<Moments> tables, std::vector<Fan> fans, double most_misfit = kMostDeparture)
      : tables_(std::move(tables)), fans_(std::move(fans)), most_misfit_(most_misfit) {}

  void write_to(ParameterOrigin& origin) {
    find_shape();
    origin.distribution = shape_;
    origin.departure = departure_;
    origin.sharp_ends =
        shape_ == Distribution::flat && std::all_of(tables_.begin(), tables_.end(), has_sharp_ends);
    std::vector<Agreement> found;
    bool left_a_law = false;
    for (const LawRecord& law : laws()) {
      for (const Fan& fan : fans_) {
        if (law.needs_fan && fan.in <= 0) continue;
        const double miss = worst_misfit(law, law.variance(fan));
        if (miss > most_misfit_) continue;
        if (worst_departure(tables_, law.distribution) > kMostDeparture) continue;
        if (leaves(law, law.variance(fan))) {
          left_a_law = left_a_law || !std::all_of(tables_.begin(), tables_.end(), has_sharp_ends);
        } else {
          found.push_back({&law, miss});
        }
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Agreement& a, const Agreement& b) { return a.misfit < b.misfit; });
    for (const Agreement& agreement : found) {
      const std::string& name = agreement.law->name;
      if (std::find(origin.laws.begin(), origin.laws.end(), name) == origin.laws.end())
        origin.laws.push_back(name);
    }
    origin.standing = departure_ > kMostDeparture         ? Standing::moved
                      : origin.numbers < kFewest          ? Standing::undecided
                      : left_a_law && origin.laws.empty() ? Standing::moved
                                                          : Standing::initial;
  }

 private:
  void find_shape() {
    departure_ = std::numeric_limits<double>::infinity();
    for (const Distribution shape : kShapes) {
      const double distance = worst_departure(tables_, shape);
      if (distance < departure_) {
        departure_ = distance;
        shape_ = shape;
      }
    }
    if (departure_ > kMostDeparture) shape_ = Distribution::other;
  }

  double worst_misfit(const LawRecord& law, double variance) const {
    double worst = 0;
    for (const Moments& table : tables_)
      worst = std::max(worst, misfit(table, law.distribution, law.mean, variance));
    return worst;
  }
  bool leaves(const LawRecord& law, double variance) const {
    return std::any_of(tables_.begin(), tables_.end(),
                       [&](const Moments& table) { return has_left(table, law, variance); });
  }

  std::vector<Moments> tables_;
  std::vector<Fan> fans_;
  double most_misfit_;
  Distribution shape_ = Distribution::other;
  double departure_ = 0;
};

// What a library may have divided by: PyTorch's recurrent layers by the state, its transposed convolutions by
// what a channel that comes in goes to, weights kept as [fan_in, fan_out] as if they were not.
std::vector<Fan> fans_of(const Network& network, const Layer& layer, const at::Tensor& canonical) {
  const Node& node = network.nodes()[layer.node];
  const auto units = static_cast<double>(canonical.size(1)), inputs = static_cast<double>(canonical.size(2)),
             positions = static_cast<double>(canonical.size(3)),
             matrices = static_cast<double>(canonical.size(0));
  if (layer.kind == LayerKind::recurrent) {
    const double gates = static_cast<double>(gates_of(node));
    return {{units, gates * units}, {inputs, gates * units}, {inputs, units}};
  }
  if (layer.kind == LayerKind::convolution) {
    if (layer.input_major)
      return {{units * positions, matrices * inputs * positions}, {inputs * positions, units * positions}};
    return {{inputs * positions, matrices * units * positions}, {inputs * positions, units * positions}};
  }
  return {{inputs, units}};
}

std::vector<Moments> table_moments(const std::vector<at::Tensor>& tables) {
  std::vector<Moments> found;
  for (const at::Tensor& table : tables) found.push_back(moments(table));
  return found;
}

// Several small matrices of the same law say more together.
std::vector<Moments> pooled(const std::vector<at::Tensor>& tables) {
  constexpr int64_t kSmall = 256;
  const bool small = std::all_of(tables.begin(), tables.end(), [&](const at::Tensor& table) {
    return table.numel() < kSmall && table.size(1) == tables.front().size(1);
  });
  if (!small || tables.size() < 2) return table_moments(tables);
  return {moments(at::cat(tables, 0))};
}

// Rounded to one size and 0 on the way through: what that was done to is not to be seen.
bool are_signs(const std::vector<at::Tensor>& tables) {
  return std::all_of(tables.begin(), tables.end(), [](const at::Tensor& table) {
    if (table.numel() == 0) return true;
    const at::Tensor sizes = table.abs();
    const at::Tensor largest = sizes.max();
    return sizes.eq(0).logical_or(sizes.eq(largest)).all().item<bool>();
  });
}

void judge_matrix(const WeightPattern& pattern, const std::vector<Fan>& fans, ParameterOrigin& origin) {
  origin.pattern = pattern.name;
  origin.mirrored = pattern.mirrored;
  if (!pattern.name.empty()) {
    const bool constant = pattern.name == "zeros" || pattern.name == "constant";
    origin.distribution = constant ? Distribution::constant : Distribution::other;
    origin.standing = Standing::initial;
    return;
  }
  if (are_signs(pattern.tables)) return;
  Comparison(pooled(pattern.tables), fans).write_to(origin);
}

// Whether the numbers are one value, or a few values in as many equal stretches, as the biases of gates.
bool is_constant_in_stretches(const at::Tensor& numbers) {
  constexpr std::array kStretches = {1, 2, 3, 4, 6, 8, 16};
  for (const int64_t stretches : kStretches) {
    if (numbers.numel() % stretches != 0) continue;
    const at::Tensor lines = numbers.view({stretches, -1});
    if (lines.size(1) < 2 && stretches > 1) return false;
    if (lines.eq(lines.narrow(1, 0, 1)).all().item<bool>()) return true;
  }
  return false;
}

// Less what somebody has set by hand: stretches of one number, as the forget gate's biases, which no draw and
// no training leaves equal.
at::Tensor without_stretches(const at::Tensor& numbers) {
  constexpr int64_t kFewestEqual = 4;
  const at::Tensor line = numbers.contiguous();
  const double* values = line.data_ptr<double>();
  std::vector<int64_t> kept;
  for (int64_t begin = 0, end = 0; begin < line.numel(); begin = end) {
    for (end = begin + 1; end < line.numel() && values[end] == values[begin];) ++end;
    if (end - begin >= kFewestEqual) continue;
    for (int64_t i = begin; i < end; ++i) kept.push_back(i);
  }
  const auto count = static_cast<int64_t>(kept.size());
  return count == line.numel() || count < kFewest ? line : line.index_select(0, at::tensor(kept));
}

// A table that an exporter has looked up beforehand, as biases of relative positions: its numbers are no
// independent draws.
bool repeats(const at::Tensor& numbers) {
  const auto distinct = std::get<0>(at::_unique(numbers)).numel();
  return distinct > 1 && 2 * distinct <= numbers.numel();
}

void judge_vector(const at::Tensor& numbers, const std::vector<Fan>& fans, ParameterOrigin& origin) {
  const bool gain = origin.role == ParameterRole::gain;
  if (is_constant_in_stretches(numbers)) {
    origin.pattern = numbers.count_nonzero().item<int64_t>() == 0 ? "zeros" : "constant";
    origin.distribution = Distribution::constant;
    origin.standing = Standing::initial;
    return;
  }
  const at::Tensor line = gain ? numbers - 1 : without_stretches(numbers);
  // Few numbers: what fits them badly is another law.
  constexpr double kMostMisfit = 3;
  Comparison({moments(line.unsqueeze(0))}, fans, kMostMisfit).write_to(origin);
  // Nobody draws shifts; gains away from 1, biases away from 0 on the whole, or of a spread of their own.
  if (origin.role == ParameterRole::shift && origin.numbers >= kFewestShifts)
    origin.standing = Standing::moved;
  if (origin.standing == Standing::initial && origin.laws.empty()) origin.standing = Standing::moved;
}

std::vector<Fan> bias_fans(const Network& network, const Layer& layer) {
  const at::Tensor canonical = canonical_weight(network, layer);
  return fans_of(network, layer, canonical);
}

}  // namespace

bool is_vector(const ParameterOrigin& origin) {
  return origin.role == ParameterRole::bias || origin.role == ParameterRole::gain ||
         origin.role == ParameterRole::shift;
}

ParameterOrigin parameter_origin(const Network& network, const Parameter& parameter,
                                 const ParameterUse& use) {
  ParameterOrigin origin;
  origin.name = parameter.name;
  origin.role = use.role;
  const at::Tensor numbers = parameter.value.to(at::kDouble).contiguous().flatten();
  origin.numbers = numbers.numel();
  if (origin.numbers == 0) return origin;
  const Moments all = moments(numbers.unsqueeze(0));
  origin.mean = all.mean;
  origin.standard_deviation = std::sqrt(all.variance);
  origin.kurtosis = all.kurtosis;
  origin.one_sign = numbers.gt(0).all().item<bool>() || numbers.lt(0).all().item<bool>();
  const bool is_weight = use.role == ParameterRole::weight || use.role == ParameterRole::recurrent_weight;
  if (is_weight) {
    const at::Tensor canonical = canonical_weight(network, *use.layer);
    const std::vector<Fan> fans = fans_of(network, *use.layer, canonical);
    origin.fan_in = fans[0].in;
    origin.fan_out = fans[0].out;
    judge_matrix(weight_pattern(canonical), fans, origin);
    return origin;
  }
  // A bias, gain or shift, or whatever has one number per unit.
  const bool one_axis = parameter.value.numel() ==
                        *std::max_element(parameter.value.sizes().begin(), parameter.value.sizes().end());
  if (is_vector(origin) || parameter.value.dim() < 2 || one_axis) {
    judge_vector(numbers, use.layer ? bias_fans(network, *use.layer) : std::vector<Fan>{{}}, origin);
    return origin;
  }
  const at::Tensor table = parameter.value.flatten(0, -2);
  if (origin.role == ParameterRole::other && repeats(numbers)) return origin;
  judge_matrix(weight_pattern(table.unsqueeze(0).unsqueeze(3)),
               {{static_cast<double>(table.size(1)), static_cast<double>(table.size(0))}}, origin);
  return origin;
}

}  // namespace shatterproof
