// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// What an axis that is free and not the batch may stand at while a graph is tried out, likeliest first:
/// steps of a sequence and pixels of an image.
constexpr int64_t kStandInSizes[] = {64, 32, 224, 16, 8, 128};

/// Whether some input leaves an axis other than the first free.
bool has_free_axes(const GraphDraft& draft);

/// Fixes free axes: each entry names one as the file does ("sequence"), or as "input:axis", and gives its
/// size. Throws std::invalid_argument naming the free axes when there is none of that name.
void fix_axes(GraphDraft& draft, const std::map<std::string, int64_t>& sizes);

/// Notes in the inputs what they are to be drawn at where an axis is free, `size` at each; returns a line for
/// each such axis.
std::vector<std::string> draw_free_axes_at(GraphDraft& draft, int64_t size);

}  // namespace shatterproof
