// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace shatterproof {

/// Layers first to last, counted from 1 at the input: linear maps, in every finding and remedy.
struct LayerRange {
  int first = 0;
  int last = 0;
};

/// A change of a network that a finding suggests, as data: whoever shows it finds the words.
struct Remedy {
  enum class Kind {
    redraw,                ///< draw the weights by `scheme`
    scale_branches,        ///< multiply every residual branch by `value`
    add_skips,             ///< a skip around every layer, branches times `value`, `scheme` a norm inside them
    add_norm,              ///< `scheme` (batch, layer) before every nonlinearity
    move_norm,             ///< from behind the residual sum to the head of the branch
    replace_nonlinearity,  ///< by `scheme`
    bare_output,           ///< the output without the rectifier that makes it
    scale_layer,           ///< multiply the weights of `layers` by `value`
    widen,                 ///< hidden layers of `value` units
    narrow_depth,          ///< `value` layers: what lies beyond acts as one
    reset_gains,           ///< the gains of the norms to 1, but for those that are all zero
    standardize_inputs,  ///< subtract their mean and divide by their spread; `value` the spread now, if known
    revive,          ///< draw nonzero weights for `scheme`, a parameter that keeps others at zero; empty: all
    break_symmetry,  ///< draw different weights for units that are equal: `scheme` a parameter; empty: all
    raise_forget_bias,  ///< to log u, u from 1 to `value`; `scheme` the gate: forget, or update of a GRU
    keep_recurrence,    ///< recurrent weights drawn by `scheme`: orthogonal or identity
    clip_gradients,     ///< to norm `value`
    export_again,       ///< with `scheme` in the exporter's options
    look_at,            ///< at the place the finding names
  };
  Kind kind = Kind::look_at;
  std::optional<LayerRange> layers;  ///< where; empty: everywhere
  std::string scheme;                ///< a name, see Kind
  std::optional<double> value;       ///< a number, see Kind

  /// What a reading will be after the change, by theory.
  struct Promise {
    std::string reading;  ///< its name
    double value = 0;
    std::string theory;
  };
  std::optional<Promise> promise;
  std::optional<double> now;       ///< the same reading before the change
  std::optional<double> measured;  ///< and after it, where the change was made and measured
  bool falls_short = false;        ///< needed, and tried: alone it is not enough to learn
};

/// "look at what keys and values are scaled by".
inline Remedy look_at(std::string what) {
  return {.kind = Remedy::Kind::look_at, .scheme = std::move(what)};
}

std::string_view to_string(Remedy::Kind kind);
/// Throws std::invalid_argument on another word.
Remedy::Kind parse_remedy_kind(std::string_view text);

}  // namespace shatterproof
