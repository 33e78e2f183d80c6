// SPDX-License-Identifier: Apache-2.0
#include "diagnose/dead_layer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "diagnose/gain.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

std::vector<size_t> zeros(const Reading* curve) {
  std::vector<size_t> places;
  if (!curve) return places;
  for (size_t i = 0; i < curve->values.size(); ++i) {
    if (curve->values[i] == 0) places.push_back(i);
  }
  return places;
}

// Weights that are drawn anew are none of those the network came with.
void add_denormal_weights(const Examination& examination, Finding& finding,
                          std::vector<std::string>& symptoms) {
  if (!examination.initializer.empty() || examination.denormal_weights.empty()) return;
  constexpr double kLeastNormal = std::numeric_limits<float>::min();
  std::vector<std::string> names;
  for (const DenormalWeight& weight : examination.denormal_weights) {
    names.push_back(weight.name);
    finding.evidence.push_back({.name = "largest weight",
                                .tap = weight.name,
                                .value = weight.largest,
                                .healthy = kLeastNormal,
                                .healthy_side = ">"});
  }
  symptoms.push_back(fmt::format("{} tensors of weights are denormal, all below {:.2g}: {}", names.size(),
                                 kLeastNormal, fmt::join(names, ", ")));
}

std::string cause_text(const SignalEnd& end) {
  switch (end.cause) {
    case DeathCause::zero_factors:
      return "factors that are zero stand one behind the other";
    case DeathCause::rectifier:
      return fmt::format("the rectifier {} gives zero for every unit and example", end.at);
    case DeathCause::saturation:
      return fmt::format("{} stands at its bound for every unit and example", end.at);
    case DeathCause::standstill:
      return fmt::format("{} ({}) gives the same for every example, whatever enters", end.at, end.op);
    case DeathCause::no_derivative:
      return fmt::format("{} has no derivative, and all that they do passes it", end.at);
    case DeathCause::unknown:
      break;
  }
  return "no gradient reaches them";
}

Remedy look_at_standstill(const SignalEnd& end) {
  const std::string& op = end.op;
  const bool normalizes = op.find("Normalization") != std::string::npos || op == "Sub";
  const char* what = end.choices == 1  ? "a softmax over one number is 1"
                     : end.choices > 1 ? "a softmax of equal numbers, or of numbers far apart, chooses "
                                         "the same for all"
                     : normalizes      ? "a norm over one number, or over equal ones, leaves nothing of it"
                                       : "a mean of what a norm has centred is 0";
  return look_at(fmt::format("look at what {} is given: {}", end.at, what));
}

// Where nothing of the input comes out, it matters little whose gradient is exactly zero.
void add_standstill(const SignalEnd& standstill, Finding& finding, std::vector<std::string>& symptoms) {
  symptoms.push_back(
      fmt::format("what comes out is the same for every example: {} ({}) keeps nothing of what enters",
                  standstill.at, standstill.op));
  finding.remedies.push_back(look_at_standstill(standstill));
}

// Of a live recurrent layer PyTorch names the backward direction's weights so.
Remedy look_behind(const std::string& parameter) {
  if (parameter.ends_with("_reverse"))
    return look_at(
        "the backward direction is read where it begins, at the last step, before its recurrence has done "
        "anything: take its half from the first step, or both from h_n");
  return look_at(
      fmt::format("look at what stands between {} and the outputs: a detach(), a no_grad, a mask "
                  "of zeros, or what takes away what it adds",
                  parameter));
}

// Of a live model whose forward pass reads other parameters than those that train.
void add_idle_training(const Awakening& awakening, Finding& finding, std::vector<std::string>& symptoms) {
  if (awakening.parameters > 0) return;
  symptoms.emplace_back("no parameter that training may move takes part in what comes out");
  finding.remedies.push_back(
      look_at("what the outputs depend on is frozen (requires_grad is False), and what is not, no output "
              "depends on: train what forward() uses"));
}

bool is_shut(const Awakening& awakening, const std::string& parameter) {
  return std::any_of(
      awakening.zero_factors.begin(), awakening.zero_factors.end(),
      [&](const ZeroFactor& factor) { return factor.parameter == parameter && !factor.opens; });
}

// Of factors one behind the other all but one; in a network of zeros units would still be equal.
Remedy open_zeros(const Examination& examination, const std::string& first) {
  const std::vector<Layer>& layers = examination.structure.layers;
  const auto shut = std::count_if(layers.begin(), layers.end(), [&](const Layer& layer) {
    return is_shut(*examination.awakening, layer.weight);
  });
  const auto alive = static_cast<std::ptrdiff_t>(layers.size()) - shut;
  constexpr std::ptrdiff_t kPair = 2;
  if (shut > kPair && alive <= 1) return {.kind = Remedy::Kind::break_symmetry};
  const char* which = shut > kPair ? "all but one of those that stand one behind the other" : "one of them";
  return {.kind = Remedy::Kind::revive, .scheme = fmt::format("{}, as {}", which, first)};
}

void add_dead_parameters(const Examination& examination, Finding& finding,
                         std::vector<std::string>& symptoms) {
  const Awakening& awakening = *examination.awakening;
  if (awakening.dead.empty()) return;
  std::vector<std::string> names;
  for (const DeadParameter& dead : awakening.dead) names.push_back(dead.name);
  const std::string& first = names.front();
  const SignalEnd& end = awakening.dead.front().end;
  std::vector<size_t> all(names.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  symptoms.push_back(
      fmt::format("{} of {} parameters have a gradient of exactly zero, and still after {} "
                  "steps ({}): {}",
                  names.size(), awakening.parameters, awakening.steps, some_of(names, all), cause_text(end)));
  finding.evidence.push_back({.name = "parameters without gradient after the first steps",
                              .value = static_cast<double>(names.size()),
                              .healthy = 0,
                              .healthy_side = "<"});
  if (end.cause == DeathCause::zero_factors) {
    finding.remedies.push_back(open_zeros(examination, first));
  } else if (end.cause == DeathCause::standstill) {
    if (awakening.identical.empty()) finding.remedies.push_back(look_at_standstill(end));
  } else if (end.cause == DeathCause::no_derivative) {
    finding.remedies.push_back(
        {.kind = Remedy::Kind::look_at,
         .scheme = "put something smooth in its place, or hand its gradient straight through"});
  } else if (end.cause == DeathCause::unknown) {
    finding.remedies.push_back(look_behind(first));
  } else if (end.op == "Clip") {
    finding.remedies.push_back(
        {.kind = Remedy::Kind::look_at,
         .scheme =
             fmt::format("leave {} out while training, or begin with outputs between its bounds", end.at)});
  } else if (end.cause == DeathCause::rectifier) {
    if (end.at == examination.outputs.rectifier)
      finding.remedies.push_back({.kind = Remedy::Kind::bare_output});
    finding.remedies.push_back({.kind = Remedy::Kind::redraw, .scheme = "he"});
    finding.remedies.push_back(learned_slopes());
  } else {
    finding.remedies.push_back({.kind = Remedy::Kind::redraw, .scheme = "lecun"});
  }
}

void add_identical_units(const Awakening& awakening, Finding& finding, std::vector<std::string>& symptoms) {
  if (awakening.identical.empty()) return;
  std::vector<std::string> names;
  for (const IdenticalUnits& one : awakening.identical) names.push_back(one.weight);
  std::vector<size_t> all(names.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  symptoms.push_back(
      fmt::format("all units of {} have equal weights and equal gradients", some_of(names, all)));
  finding.evidence.push_back({.name = "weights whose units are all one",
                              .value = static_cast<double>(names.size()),
                              .healthy = 0,
                              .healthy_side = "<"});
  // What is tried is to draw all that is one number.
  const bool are_all = awakening.zero_factors.empty();
  finding.remedies.push_back(
      {.kind = Remedy::Kind::break_symmetry, .scheme = are_all ? some_of(names, all) : ""});
}

// Trials ask for logits, which such a softmax hides altogether.
void add_softmax_of_one(const OutputFacts& outputs, Finding& finding, std::vector<std::string>& symptoms) {
  if (outputs.softmax_of_one.empty()) return;
  symptoms.push_back(fmt::format(
      "the softmax {} has one number to choose from: it gives the same whatever enters, and no gradient "
      "passes it",
      outputs.softmax_of_one));
  finding.is_certain = true;
  finding.remedies.push_back({.kind = Remedy::Kind::look_at,
                              .scheme = "one output: end in a sigmoid, or in the bare number for a loss that "
                                        "takes logits; classes: an output for "
                                        "each"});
}

// Without a step to try it, what the taps show at this instant: a zero on purpose looks the same.
void add_silent_taps(const Draw& draw, Finding& finding, std::vector<std::string>& symptoms) {
  const Reading* gradient = find_reading(draw, "gradient_mean_square", ReadingType::curve);
  const Reading* deviation = find_reading(draw, "preactivation_std", ReadingType::curve);
  const auto add = [&](const Reading* curve, const char* symptom) {
    const std::vector<size_t> places = zeros(curve);
    if (places.empty()) return;
    symptoms.push_back(fmt::format("{} at {}", symptom, some_of(curve->x_labels, places)));
    for (const size_t place : places) {
      finding.evidence.push_back({.name = curve->name,
                                  .tap = place < curve->x_labels.size() ? curve->x_labels[place] : "",
                                  .value = 0,
                                  .healthy = 0,
                                  .healthy_side = ">"});
    }
  };
  add(gradient, "the gradient is exactly zero");
  add(find_reading(draw, "gradient_mean_square_in_branches", ReadingType::curve),
      "the gradient is exactly zero");
  add(deviation, "what enters the nonlinearity is the same for every example");
}

// Whether all that is dead are biases of layers that live: what they add is taken away again, by a norm or a
// difference.
bool only_cancels(const Examination& examination) {
  const std::vector<DeadParameter>& dead = examination.awakening->dead;
  const auto is_dead = [&](const std::string& name) {
    return std::any_of(dead.begin(), dead.end(), [&](const DeadParameter& one) { return one.name == name; });
  };
  const auto cancels = [&](const DeadParameter& one) {
    const std::vector<Layer>& layers = examination.structure.layers;
    return one.end.cause == DeathCause::unknown &&
           std::any_of(layers.begin(), layers.end(),
                       [&](const Layer& layer) { return layer.bias == one.name && !is_dead(layer.weight); });
  };
  return !dead.empty() && std::all_of(dead.begin(), dead.end(), cancels);
}

std::optional<Finding> judge_dead_layer(const Examination& examination, const Draw& draw, const Thresholds&,
                                        const Findings&) {
  Finding finding;
  finding.severity = Severity::critical;
  std::vector<std::string> symptoms;
  bool is_harmless = false;
  add_softmax_of_one(examination.outputs, finding, symptoms);
  if (examination.awakening && examination.awakening->stopped.empty()) {
    const std::optional<SignalEnd>& standstill = examination.awakening->standstill;
    add_idle_training(*examination.awakening, finding, symptoms);
    // A softmax or a norm of units that are all one gives nothing, whatever it is: the units are the cause.
    const bool keeps_nothing =
        standstill && standstill->cause == DeathCause::standstill && examination.awakening->identical.empty();
    if (keeps_nothing) {
      add_standstill(*standstill, finding, symptoms);
    } else {
      add_dead_parameters(examination, finding, symptoms);
    }
    add_identical_units(*examination.awakening, finding, symptoms);
    const bool only_some =
        !keeps_nothing && !examination.awakening->dead.empty() &&
        static_cast<int64_t>(examination.awakening->dead.size()) * 2 < examination.awakening->parameters;
    finding.is_local = only_some && examination.awakening->identical.empty() && !finding.is_certain;
    if (finding.is_local) finding.severity = Severity::watch;
    is_harmless = finding.is_local && only_cancels(examination);
  } else {
    add_silent_taps(draw, finding, symptoms);
    if (!symptoms.empty() && finding.remedies.empty()) {
      finding.remedies = {{.kind = Remedy::Kind::look_at,
                           .scheme =
                               "look at the weights and biases of these layers: zero, or so negative that "
                               "no rectifier opens"}};
    }
  }
  const size_t of_gradients = symptoms.size();
  add_denormal_weights(examination, finding, symptoms);
  if (symptoms.empty()) return {};
  finding.headline = fmt::format("{}", fmt::join(symptoms, "; "));
  finding.why = "what has no gradient never changes, and units that are equal stay one unit";
  if (is_harmless && symptoms.size() == of_gradients) {
    finding.severity = Severity::info;
    finding.remedies.clear();
    finding.why =
        "what a bias adds is taken away again behind it, by a norm or a difference: nothing is lost";
  }
  return finding;
}

std::string healthy_dead_layer(const Examination& examination, const Draw& draw, const Thresholds&,
                               const Findings&) {
  if (examination.awakening && examination.awakening->stopped.empty())
    return examination.awakening->parameters > 0 ? "training reaches every parameter" : "";
  return find_reading(draw, "gradient_mean_square", ReadingType::curve) ? "every layer gets a gradient" : "";
}

}  // namespace

bool has_own_cause(const Examination& examination) {
  if (!examination.awakening) return false;
  const Awakening& awakening = *examination.awakening;
  if (awakening.standstill || (awakening.parameters == 0 && awakening.stopped.empty())) return true;
  const DeathCause cause = awakening.dead.empty() ? DeathCause::unknown : awakening.dead.front().end.cause;
  return cause == DeathCause::zero_factors || cause == DeathCause::standstill ||
         cause == DeathCause::no_derivative;
}

RuleRecord dead_layer_rule() {
  return {"dead_layer",
          "parameters that training never reaches, units that never part, or weights that are denormal",
          {"gradient_variance", "preactivation_std"},
          {"vanishing", "collapsed_domain", "redundant_units", "shattered", "white_minibatch", "stuck"},
          Showing::never,
          judge_dead_layer,
          healthy_dead_layer};
}

}  // namespace shatterproof
