// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

enum class LayerKind {
  dense,
  convolution,  ///< transposed ones too
  recurrent,    ///< the input or the recurrent weights of RNN, GRU or LSTM, all gates together
};

/// One parametrised linear map of a network, with what surrounds it.
struct Layer {
  std::string name;  ///< of its weight, without ".weight"
  LayerKind kind = LayerKind::dense;
  size_t node = 0;    ///< the linear map
  size_t output = 0;  ///< the node whose output is the layer's pre-activation: `node`, or the Add of its bias
  std::string weight;  ///< parameter
  std::string bias;    ///< parameter, or empty
  /// Whether the stored weight is [fan_in, fan_out] (MatMul, Gemm without transB) and not [fan_out, fan_in];
  /// of a ConvTranspose, [channels in, channels out / groups, kernel...].
  bool input_major = false;
  int64_t fan_in = 0;                   ///< inputs per unit: columns, or channels / groups times kernel size
  int64_t fan_out = 0;                  ///< units: rows, or output channels
  std::optional<size_t> normalization;  ///< node that normalizes its output before the nonlinearity
  std::optional<size_t>
      nonlinearity;  ///< node that its output enters, normalized or not, before any other layer
  std::optional<size_t>
      input_nonlinearity;  ///< node whose output the layer reads, through normalization and movement
  std::optional<size_t> residual_sum;  ///< index in `Structure::residual_sums` of the sum its branch ends in
};

/// An Add or Sum of two tensors that both depend on the input and share an ancestor, one of them (the skip)
/// reaching it through fewer parametrised nodes. Counted on the path with most of them from the nearest
/// shared ancestor; when these are equal, as for two gated tensors, from where all paths meet and then on the
/// path with fewest.
struct ResidualSum {
  size_t node = 0;
  size_t skip = 0;               ///< which of the node's inputs
  size_t branch = 0;             ///< which of the node's inputs
  std::optional<size_t> origin;  ///< the node that skip and branch both start from; none for an input
};

/// A CReLU: the concatenation of rho(z) and rho(-z).
struct MirroredRectifier {
  size_t positive = 0;       ///< the node rho(z)
  size_t negative = 0;       ///< the node rho(-z)
  size_t concatenation = 0;  ///< the node that joins them
};

/// The derived view that initializers and per-layer readings speak about.
struct Structure {
  std::vector<Layer> layers;  ///< in topological order
  std::vector<ResidualSum> residual_sums;
  std::vector<size_t> nonlinearities;  ///< nodes, in topological order, that depend on the input
  std::vector<MirroredRectifier> mirrored_rectifiers;
  /// Per node: nonlinearities (a recurrent node is one) on the longest path from an input up to and with it;
  /// linear maps instead when the network has no nonlinearity. The network's depth is the last one's.
  std::vector<int> depth;
  std::vector<bool> depends_on_input;  ///< per node
};

/// O(nodes) and what lies between every sum and the nearest ancestor of its inputs.
Structure structure(const Network& network);

}  // namespace shatterproof
