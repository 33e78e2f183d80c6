// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/composite.h"
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
  /// Parameter: the stored weight, or of one that nodes compute the parameter of its shape that they start
  /// from (the direction of weight normalization, the base of base + B A).
  std::string weight;
  std::string effective_weight;  ///< the value that multiplies; `weight` itself unless nodes compute it
  std::string bias;              ///< parameter, or empty
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

/// A sum of two values of which one, the skip, carries a state around the layers that the other, the branch,
/// has passed.
///
/// Going back from the skip through nodes that carry what they read (copies, norms, pooling, sums, products),
/// the first value that the branch depends on through more layers is the origin. A skip may itself pass
/// layers, as a projection does, when it passes fewer, when the branch bends and shares no weight with it,
/// and when it reads the whole origin: W x_t + U h of an unrolled recurrent network has no skip. Sums of
/// attention scores have none either.
struct ResidualSum {
  size_t node = 0;               ///< Add, Sum, Mean or Sub
  size_t skip = 0;               ///< which of the node's inputs
  size_t branch = 0;             ///< which of the node's inputs
  std::optional<size_t> origin;  ///< the node that skip and branch both start from; none for an input
  /// The constants that multiply each on its last way into the sum; -1 for what a Sub takes away.
  double skip_scale = 1, branch_scale = 1;
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
  /// Nodes, in topological order, that depend on the input; of a composite the node that leaves.
  std::vector<size_t> nonlinearities;
  std::vector<Composite> composites;  ///< by `Composite::output`
  std::vector<MirroredRectifier> mirrored_rectifiers;
  /// Per node: nonlinearities (a recurrent node is one) on the longest path from an input up to and with it;
  /// linear maps instead when the network has no nonlinearity. The network's depth is the last one's.
  std::vector<int> depth;
  std::vector<bool> depends_on_input;  ///< per node

  /// The composite whose output the node gives, or nullptr.
  const Composite* composite_at(size_t node) const;
};

/// The numbers that multiply what the layer reads, in the layout that `Layer::input_major` says: the
/// parameter `Layer::weight` itself, or what the nodes before `Layer::effective_weight` make of theirs.
at::Tensor effective_weight(const Network& network, const Layer& layer);

/// The operator that the node stands for: its composite's where it gives out one, else its own.
const std::string& operator_at(const Network& network, const Structure& structure, size_t node);
/// The value that enters the node's nonlinearity: its composite's, else its first input.
const std::string& entering_at(const Network& network, const Structure& structure, size_t node);

/// O(nodes) and what lies between every sum and the origin of its skip.
Structure structure(const Network& network);

}  // namespace shatterproof
