// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

struct Repair {
  GraphDraft draft;
  int64_t nodes = 0;  ///< changed
};

/// A copy of the graph in which constants that froze the batch follow it: the target of a Reshape gets -1 at
/// its batch axis, a constant joined to examples by Concat is repeated for each, one that holds the same for
/// each of the frozen examples holds it once.
///
/// Runs the graph as it is on `single` and, node by node beside it, the repaired one on `both`, which holds
/// twice the examples along axis 0; where a value's shapes differ is its batch axis. A frozen shape may be
/// read in several ways: they are tried in turn until the copy runs and `holds`. Empty when none does.
std::optional<Repair> repaired_for(const GraphDraft& draft, const std::vector<at::Tensor>& single,
                                   const std::vector<at::Tensor>& both, int64_t byte_limit,
                                   const std::function<bool(const GraphDraft&)>& holds);

}  // namespace shatterproof
