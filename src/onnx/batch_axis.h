// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "onnx/graph_draft.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof {

struct BatchFinding {
  BatchAxis axis = BatchAxis::free;
  int64_t batch = 0;      ///< when fixed
  bool verified = false;  ///< see ImportedModel::batch_verified
  std::vector<std::string> notes = {};
  int64_t alike_axes = 0;  ///< see ImportedModel::alike_axes
};

/// Frees axis 0 of the inputs where the graph then gives for two examples together what it gives for each;
/// otherwise leaves it fixed. A graph whose inputs have no batch axis gets one of size 1. Nodes must be
/// sorted, constants folded. Throws std::invalid_argument when the graph does not run on the shapes it
/// declares.
BatchFinding free_batch_axis(GraphDraft& draft, int64_t byte_limit);

}  // namespace shatterproof
