// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/remedy_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace shatterproof {
namespace {

const std::string kConstantOnes = "weights that are all one number";

std::string where(const Remedy& remedy, const char* everywhere) {
  if (!remedy.layers) return everywhere;
  const auto [first, last] = *remedy.layers;
  return first == last ? fmt::format(" of layer {}", first) : fmt::format(" of layers {} to {}", first, last);
}

std::string drawn_by(const std::string& scheme) {
  static const std::map<std::string, std::string> laws = {
      {"he", "He's, variance 2 / fan_in, and biases 0"},
      {"lecun", "LeCun's, variance 1 / fan_in, and biases 0"},
      {"orthogonal:gain=1", "orthogonal, every direction as large behind a layer as in front of it"},
      {"glorot", "Glorot's, variance 2 / (fan_in + fan_out), and biases 0"},
      {"looks_linear", "looks-linear, with CReLU in place of the rectifiers and no norm"},
      {"truncated_normal:std=0.02", "truncated normal, deviation 0.02"}};
  const auto law = laws.find(scheme);
  return law == laws.end() ? scheme : law->second;
}

std::string beta_of(const Remedy& remedy) {
  return remedy.value && *remedy.value != 1 ? fmt::format(", its branch times {:.3g}", *remedy.value) : "";
}

std::string act(const Remedy& remedy) {
  const double value = remedy.value.value_or(1);
  switch (remedy.kind) {
    case Remedy::Kind::redraw:
      return fmt::format("draw other initial weights{}: {}", where(remedy, ""), drawn_by(remedy.scheme));
    case Remedy::Kind::scale_branches:
      return fmt::format("multiply every residual branch by {:.3g}{}", value,
                         remedy.scheme.empty() ? "" : ", with " + remedy.scheme + " norm inside it");
    case Remedy::Kind::add_skips:
      return fmt::format("add a skip around every layer{}{}", beta_of(remedy),
                         remedy.scheme.empty() ? "" : ", with " + remedy.scheme + " norm inside it");
    case Remedy::Kind::add_norm:
      return fmt::format("put {} norm in front of every nonlinearity{}", remedy.scheme, where(remedy, ""));
    case Remedy::Kind::move_norm:
      return "normalize at the head of every branch instead of after the sum (pre-norm)";
    case Remedy::Kind::replace_nonlinearity:
      return fmt::format("use {} as the nonlinearity{}", remedy.scheme, where(remedy, ""));
    case Remedy::Kind::bare_output:
      return "leave out the rectifier at the output";
    case Remedy::Kind::scale_layer:
      return fmt::format("multiply the weights{} by {:.3g}", where(remedy, " of the last layer"), value);
    case Remedy::Kind::widen:
      return fmt::format("make hidden layers {:.0f} units wide", value);
    case Remedy::Kind::narrow_depth:
      return fmt::format("leave layers out{}", where(remedy, ""));
    case Remedy::Kind::reset_gains:
      return "begin with the gains of the norms at 1" +
             (remedy.value ? fmt::format(" (now {:.2g}, root mean square)", value) : "");
    case Remedy::Kind::standardize_inputs:
      return "bring the inputs to mean 0 and deviation 1" +
             (remedy.value ? fmt::format(" (now {:.3g})", value) : "");
    case Remedy::Kind::revive:
      return "draw nonzero weights for " + (remedy.scheme.empty() ? kConstantOnes : remedy.scheme);
    case Remedy::Kind::break_symmetry:
      return remedy.scheme.empty() ? "draw different weights where all are one number"
                                   : "draw different weights for the units of " + remedy.scheme;
    case Remedy::Kind::raise_forget_bias:
      return fmt::format("begin with the {} gates' biases at log u, u drawn for each unit from 1 to {:.0f}{}",
                         remedy.scheme, value,
                         remedy.scheme == "forget" ? ", and the input gates' at -log u" : "");
    case Remedy::Kind::keep_recurrence:
      return fmt::format("draw the recurrent weights {}", remedy.scheme);
    case Remedy::Kind::clip_gradients:
      return fmt::format("clip the gradient's norm at {:.3g}", value);
    case Remedy::Kind::export_again:
      return "export again with " + remedy.scheme;
    case Remedy::Kind::look_at:
      return remedy.scheme;
  }
  return "";
}

std::string spoken(std::string name) {
  for (char& letter : name) letter = letter == '_' ? ' ' : letter;
  return name;
}

}  // namespace

std::string words_of(const Remedy& remedy) {
  std::string text = act(remedy);
  if (remedy.falls_short) text += " (needed; alone it was not enough to learn)";
  if (!remedy.promise) return text;
  text += ": " + spoken(remedy.promise->reading);
  if (remedy.measured) {
    text += fmt::format(" {:.3g}, measured", *remedy.measured);
  } else {
    text += fmt::format(" {:.3g}, predicted", remedy.promise->value);
  }
  if (remedy.now) text += fmt::format("; now {:.3g}", *remedy.now);
  return text;
}

std::string words_of(const std::vector<Remedy>& remedies) {
  std::vector<std::string> clauses;
  for (const Remedy& remedy : remedies) clauses.push_back(words_of(remedy));
  return fmt::format("{}", fmt::join(clauses, "; or "));
}

}  // namespace shatterproof
