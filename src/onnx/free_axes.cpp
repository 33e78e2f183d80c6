// SPDX-License-Identifier: Apache-2.0
#include "onnx/free_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

bool is_free(const Input& input, size_t axis) {
  return axis > 0 && input.shape[axis] < 0;
}

std::string place_of(const Input& input, size_t axis) {
  return fmt::format("{}:{}", input.name, axis);
}

// How the file calls the axis; where it does not, "input:axis".
std::string name_of(const GraphDraft& draft, const Input& input, size_t axis) {
  const auto names = draft.axis_names.find(input.name);
  const bool named =
      names != draft.axis_names.end() && axis < names->second.size() && !names->second[axis].empty();
  return named ? names->second[axis] : place_of(input, axis);
}

}  // namespace

bool has_free_axes(const GraphDraft& draft) {
  return std::any_of(draft.inputs.begin(), draft.inputs.end(), [](const Input& input) {
    return !input.shape.empty() &&
           std::any_of(input.shape.begin() + 1, input.shape.end(), [](int64_t size) { return size < 0; });
  });
}

void fix_axes(GraphDraft& draft, const std::map<std::string, int64_t>& sizes) {
  std::set<std::string> known, used;
  for (Input& input : draft.inputs) {
    for (size_t axis = 0; axis < input.shape.size(); ++axis) {
      if (!is_free(input, axis)) continue;
      const std::string name = name_of(draft, input, axis);
      known.insert(name);
      for (const auto& [wanted, size] : sizes) {
        if (wanted != name && wanted != place_of(input, axis)) continue;
        if (size < 1) reject("shape", "sizes must be positive", fmt::format("{}={}", wanted, size));
        input.shape[axis] = size;
        used.insert(wanted);
      }
    }
  }
  for (const auto& [wanted, size] : sizes) {
    if (used.contains(wanted)) continue;
    if (known.empty())
      reject("shape", "there must be a free axis besides the batch",
             fmt::format("'{}', but all are fixed", wanted));
    reject_unknown("shape", "axis", wanted, {known.begin(), known.end()});
  }
}

std::vector<std::string> draw_free_axes_at(GraphDraft& draft, int64_t size) {
  std::vector<std::string> notes;
  std::set<std::string> said;
  for (Input& input : draft.inputs) {
    for (size_t axis = 1; axis < input.shape.size(); ++axis) {
      if (!is_free(input, axis)) continue;
      if (input.drawn_shape.empty()) input.drawn_shape = input.shape;
      input.drawn_shape[axis] = size;
      const std::string name = name_of(draft, input, axis);
      if (said.insert(name).second)
        notes.push_back(fmt::format("axis '{}' is free: noise has {} there (--shape {}=N)", printable(name),
                                    size, printable(name)));
    }
  }
  return notes;
}

}  // namespace shatterproof
