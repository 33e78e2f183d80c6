// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/remedy.h"

#include <array>
#include <vector>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// In the order of Remedy::Kind.
constexpr std::array kWords = {
    std::string_view("redraw"),
    std::string_view("scale_branches"),
    std::string_view("add_skips"),
    std::string_view("add_norm"),
    std::string_view("move_norm"),
    std::string_view("replace_nonlinearity"),
    std::string_view("bare_output"),
    std::string_view("scale_layer"),
    std::string_view("widen"),
    std::string_view("narrow_depth"),
    std::string_view("reset_gains"),
    std::string_view("standardize_inputs"),
    std::string_view("revive"),
    std::string_view("break_symmetry"),
    std::string_view("raise_forget_bias"),
    std::string_view("keep_recurrence"),
    std::string_view("clip_gradients"),
    std::string_view("export_again"),
    std::string_view("look_at"),
};

}  // namespace

std::string_view to_string(Remedy::Kind kind) {
  return kWords[static_cast<size_t>(kind)];
}

Remedy::Kind parse_remedy_kind(std::string_view text) {
  for (size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == text) return static_cast<Remedy::Kind>(i);
  }
  reject_unknown("remedy", "kind", std::string(text), {kWords.begin(), kWords.end()});
}

}  // namespace shatterproof
