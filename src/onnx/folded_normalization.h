// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Whether an exporter folded batch norm into the convolutions before it.
///
/// Names tell where they are kept: an exporter that folds gives the convolution a weight and a bias of its
/// own
/// ("onnx::Conv_123", "489", "..._fused_bn", "ConvBnFusion_..."), while tensors that a module owns keep the
/// module's names. PyTorch's older exporter folds in evaluation mode; that of PyTorch 2 in both, unless told
/// optimize=False, and calls what the convolution gives "getitem", after the norm that is gone. In a file
/// whose weights have no names of modules at all, from an exporter that does not say, the numbers are asked.
/// Where batch norm was folded,
///
///   w_c = gamma_c / sigma_c W_c,   b_c = beta_c - gamma_c mu_c / sigma_c,
///
/// so that filters differ in size from channel to channel, and biases are as large as the filters whatever
/// the fan-in. A default draw gives filters of one size (to 1 / sqrt(2 fan_in)) and biases of zero or below
/// 1 / sqrt(fan_in); training without norms moves biases by little.
bool has_folded_normalization(const GraphDraft& draft, const std::string& producer);

}  // namespace shatterproof
