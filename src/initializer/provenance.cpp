// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/provenance.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "initializer/parameter_origin.h"
#include "initializer/vector_standing.h"

namespace shatterproof {
namespace {

// Votes of one kind of parameter.
struct Tally {
  double moved = 0, all = 0;
  int64_t count = 0, constant = 0;

  void add(const ParameterOrigin& origin) {
    if (origin.standing == Standing::undecided) return;
    const double votes = std::log2(1 + static_cast<double>(origin.numbers));
    const bool moves = origin.standing == Standing::moved;
    all += votes;
    moved += moves ? votes : 0;
    ++count;
    constant += origin.distribution == Distribution::constant ? 1 : 0;
  }
  double share() const { return all > 0 ? moved / all : 0; }
};

struct Tallies {
  Tally matrices, vectors;
  int64_t named = 0;           // matrices that follow a law or a pattern with a name, or end as draws do
  bool zero_weight = false;    // a weight is all zeros, which no step leaves so
  bool shares_spread = false;  // most matrices have one spread, or one beside the root of their fan-in
};

bool is_weight(const ParameterOrigin& origin) {
  return origin.role == ParameterRole::weight || origin.role == ParameterRole::recurrent_weight;
}

// Whether three quarters of the spreads agree with their median within what so many numbers leave open:
// somebody drew all layers alike, by a scheme of their own. Training does not leave them equal.
bool agree(const std::vector<std::pair<double, int64_t>>& spreads) {
  constexpr size_t kFewest = 8;  // a short training leaves those of a few layers as equal
  constexpr double kErrors = 2.5;
  if (spreads.size() < kFewest) return false;
  std::vector<std::pair<double, int64_t>> ordered = spreads;
  std::nth_element(ordered.begin(), ordered.begin() + static_cast<std::ptrdiff_t>(ordered.size() / 2),
                   ordered.end());
  const double median = ordered[ordered.size() / 2].first;
  const auto near = std::count_if(spreads.begin(), spreads.end(), [&](const auto& one) {
    const double error = median / std::sqrt(2 * static_cast<double>(one.second));
    return std::abs(one.first - median) < kErrors * error;
  });
  return 4 * near >= 3 * static_cast<std::ptrdiff_t>(spreads.size());
}

bool share_spread(const std::vector<ParameterOrigin>& origins) {
  std::vector<std::pair<double, int64_t>> plain, by_fan;
  for (const ParameterOrigin& origin : origins) {
    if (!is_weight(origin) || origin.standing != Standing::initial || !origin.pattern.empty()) continue;
    plain.emplace_back(origin.standard_deviation, origin.numbers);
    by_fan.emplace_back(origin.standard_deviation * std::sqrt(std::max(1.0, origin.fan_in)), origin.numbers);
  }
  return agree(plain) || agree(by_fan);
}

Tallies tallied(const std::vector<ParameterOrigin>& origins) {
  Tallies tallies;
  tallies.shares_spread = share_spread(origins);
  for (const ParameterOrigin& origin : origins) {
    const bool vector = is_vector(origin) || (origin.role == ParameterRole::other && !origin.pattern.empty());
    (vector ? tallies.vectors : tallies.matrices).add(origin);
    const bool named = !origin.laws.empty() || !origin.pattern.empty() || origin.sharp_ends;
    if (!vector && named && origin.standing == Standing::initial) ++tallies.named;
    tallies.zero_weight = tallies.zero_weight || (is_weight(origin) && origin.pattern == "zeros");
  }
  return tallies;
}

Provenance::State judged(const Tallies& tallies) {
  constexpr double kFewVotes = .1, kQuarter = .25, kHalf = .5;
  constexpr int64_t kSeveral = 2;
  const Tally &matrices = tallies.matrices, &vectors = tallies.vectors;
  if (matrices.count + vectors.count == 0) return Provenance::State::unknown;
  // Whatever library drew the biases.
  if (tallies.zero_weight && matrices.share() <= kFewVotes && 2 * tallies.named >= matrices.count)
    return Provenance::State::fresh;
  if (vectors.share() >= kHalf && vectors.count >= kSeveral) return Provenance::State::trained;
  // Training leaves no bias, gain or shift constant.
  const bool vectors_as_made = vectors.count >= kSeveral && vectors.constant == vectors.count;
  if (matrices.share() >= kQuarter)
    return vectors_as_made ? Provenance::State::unknown : Provenance::State::trained;
  // Gaussian weights keep their shape through much of a training, not their spread.
  const bool drawn_by_somebody =
      4 * tallies.named >= matrices.count || vectors_as_made || tallies.shares_spread;
  if (matrices.share() <= kFewVotes && vectors.share() <= kFewVotes && drawn_by_somebody)
    return Provenance::State::fresh;
  return Provenance::State::unknown;
}

// What a layer can be said to agree with: its pattern, else every law that fits.
std::vector<std::string> names_of(const ParameterOrigin& origin) {
  return origin.pattern.empty() ? origin.laws : std::vector<std::string>{origin.pattern};
}

// The name most layers agree with; of equals the one that fits the numbers best.
void name_law(Provenance& found) {
  struct Votes {
    int64_t layers = 0;
    double numbers = 0;
  };
  std::map<std::string, Votes> votes;
  for (const ParameterOrigin& origin : found.parameters) {
    if (!is_weight(origin)) continue;
    ++found.layers;
    const std::vector<std::string> names = names_of(origin);
    for (size_t i = 0; i < names.size(); ++i) {
      Votes& vote = votes[names[i]];
      ++vote.layers;
      vote.numbers += static_cast<double>(origin.numbers) / static_cast<double>(i + 1);
    }
  }
  double most = 0;
  for (const auto& [name, vote] : votes) {
    if (std::pair(vote.layers, vote.numbers) <= std::pair(found.agreeing, most)) continue;
    found.law = name;
    found.agreeing = vote.layers;
    most = vote.numbers;
  }
}

std::string in_words(const std::string& law) {
  const LawRecord* record = find_law(law);
  if (record) return record->sentence;
  static const std::map<std::string, std::string> kPatterns = {
      {"zeros", "weights all zero"},
      {"constant", "weights all one number"},
      {"identity", "identity weights"},
      {"orthogonal", "orthogonal weights"},
      {"delta_orthogonal", "weights orthogonal at the kernel's centre and zero elsewhere"}};
  return kPatterns.at(law);
}

// "biases zero in 12 of 14".
void tell_vectors(const Provenance& found, ParameterRole role, std::vector<std::string>& evidence) {
  int64_t count = 0, constant = 0, drawn = 0, moved = 0;
  for (const ParameterOrigin& origin : found.parameters) {
    if (origin.role != role) continue;
    ++count;
    const bool is_constant = origin.distribution == Distribution::constant;
    constant += is_constant ? 1 : 0;
    drawn += !is_constant && origin.standing == Standing::initial ? 1 : 0;
    moved += origin.standing == Standing::moved ? 1 : 0;
  }
  const std::string what = std::string(to_string(role)) + (role == ParameterRole::bias ? "es" : "s");
  if (moved > 0)
    evidence.push_back(fmt::format("{} moved off any distribution in {} of {}", what, moved, count));
  if (constant > 0) evidence.push_back(fmt::format("{} constant in {} of {}", what, constant, count));
  if (drawn > 0) evidence.push_back(fmt::format("{} as drawn in {} of {}", what, drawn, count));
}

void tell_weights(const Provenance& found, std::vector<std::string>& evidence) {
  int64_t moved = 0, mirrored = 0, one_sign = 0, unnamed = 0;
  const ParameterOrigin* worst = nullptr;
  for (const ParameterOrigin& origin : found.parameters) {
    if (!is_weight(origin)) continue;
    mirrored += origin.mirrored ? 1 : 0;
    one_sign += origin.one_sign && origin.numbers > 1 ? 1 : 0;
    unnamed += origin.standing == Standing::initial && names_of(origin).empty() ? 1 : 0;
    if (origin.standing != Standing::moved) continue;
    ++moved;
    if (!worst || origin.departure > worst->departure) worst = &origin;
  }
  if (moved > 0) {
    evidence.push_back(
        fmt::format("weights moved off any distribution in {} of {} layers, most at '{}': kurtosis {:.3g}, "
                    "{:.3g} standard errors off",
                    moved, found.layers, worst->name, worst->kurtosis, worst->departure));
  }
  if (found.agreeing > 0)
    evidence.push_back(
        fmt::format("{} in {} of {} layers", in_words(found.law), found.agreeing, found.layers));
  if (unnamed > 0)
    evidence.push_back(fmt::format("independent draws of a spread that no library has in {} of {} layers",
                                   unnamed, found.layers));
  if (mirrored > 0)
    evidence.push_back(fmt::format("mirrored halves in {} of {} layers", mirrored, found.layers));
  if (one_sign > 0)
    evidence.push_back(fmt::format("all of one sign in {} of {} layers", one_sign, found.layers));
}

void look_at_statistics(const Network& network, Provenance& found) {
  const StoredStatistics stored = stored_statistics(network);
  const auto all_are = [&](const std::set<std::string>& names, int value) {
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return network.find_parameter(name)->value.eq(value).all().item<bool>();
    });
  };
  found.stores_statistics = !stored.means.empty() || !stored.variances.empty();
  found.statistics_untouched =
      found.stores_statistics && all_are(stored.means, 0) && all_are(stored.variances, 1);
}

}  // namespace

std::string_view to_string(ParameterRole role) {
  switch (role) {
    case ParameterRole::weight:
      return "weight";
    case ParameterRole::recurrent_weight:
      return "recurrent weight";
    case ParameterRole::embedding:
      return "embedding";
    case ParameterRole::bias:
      return "bias";
    case ParameterRole::gain:
      return "gain";
    case ParameterRole::shift:
      return "shift";
    case ParameterRole::other:
      return "other";
  }
  return "";
}

std::string_view to_string(Provenance::State state) {
  if (state == Provenance::State::fresh) return "fresh";
  return state == Provenance::State::trained ? "trained" : "unknown";
}

std::string Provenance::sentence() const {
  return fmt::format("{}", fmt::join(evidence, "; "));
}

Provenance provenance(const Network& network) {
  const Structure view = structure(network);
  const std::map<std::string, ParameterUse> uses = parameter_uses(network, view);
  Provenance found;
  for (const Parameter& parameter : network.parameters()) {
    if (!parameter.trainable || !parameter.value.is_floating_point() || parameter.value.numel() == 0)
      continue;
    const auto use = uses.find(parameter.name);
    found.parameters.push_back(
        parameter_origin(network, parameter, use == uses.end() ? ParameterUse{} : use->second));
  }
  const bool explained = settle_biases(found.parameters);
  settle_gains(found.parameters);
  settle_lengths(network, found.parameters);
  const Tallies tallies = tallied(found.parameters);
  found.state = judged(tallies);
  if (found.state == Provenance::State::fresh && !explained && !tallies.zero_weight)
    found.state = Provenance::State::unknown;
  name_law(found);
  look_at_statistics(network, found);
  tell_weights(found, found.evidence);
  for (const ParameterRole role : {ParameterRole::bias, ParameterRole::gain, ParameterRole::shift})
    tell_vectors(found, role, found.evidence);
  if (found.stores_statistics)
    found.evidence.push_back(found.statistics_untouched ? "stored statistics still 0 and 1"
                                                        : "stored statistics moved");
  return found;
}

}  // namespace shatterproof
