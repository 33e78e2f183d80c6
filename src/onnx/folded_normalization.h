// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Where an exporter folded batch norm into the linear maps before it.
struct FoldedNormalization {
  bool found = false;
  std::vector<std::string> nodes;  ///< into which; empty where only the numbers tell
};

/// Names tell where they are kept: an exporter that folds gives the convolution a weight and a bias of its
/// own
/// ("onnx::Conv_123", "489", "..._fused_bn", "ConvBnFusion_..."), while tensors that a module owns keep the
/// module's names. PyTorch's older exporter folds in evaluation mode; that of PyTorch 2 in both, unless told
/// optimize=False, into what Linear became too, and calls what the map gives "getitem", after the norm that
/// is gone. In a file whose weights have no names of modules at all, from an exporter that does not say, the
/// numbers are asked. Where batch norm was folded,
///
///   w_c = gamma_c / sigma_c W_c,   b_c = beta_c - gamma_c mu_c / sigma_c,
///
/// so that filters differ in size from channel to channel, and biases are as large as the filters whatever
/// the fan-in. A default draw gives filters of one size (to 1 / sqrt(2 fan_in)) and biases of zero or below
/// 1 / sqrt(fan_in); training without norms moves biases by little.
FoldedNormalization folded_normalization(const GraphDraft& draft, const std::string& producer);

/// The network with a batch norm behind each of the nodes, as a module has it before training: gain 1, shift
/// 0, statistics untouched. What reads the node reads the norm. A bias that is all zeros goes: folding made
/// it.
Network with_norms_put_back(const Network& network, const std::vector<std::string>& nodes);

}  // namespace shatterproof
