// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "shatterproof/network/network.h"

namespace shatterproof {

struct ExportOptions {
  /// Files beyond this many bytes of parameters are refused: protobuf ends at 2 GiB.
  int64_t largest_file = (int64_t{1} << 31) - (int64_t{1} << 20);
};

/// Writes the network as an ONNX model: operator set 17, IR version 8 (but see below), producer
/// "shatterproof".
///
/// Nodes that came with another operator set are rewritten to mean the same in 17; one without a form there
/// (reflection beyond `Pad` 17, say) is refused by name. A network all of whose nodes are of one set from 22
/// on, some without a form in 17 (Attention, RotaryEmbedding), is written in that set, IR version 10.
/// Parameters become initializers, the free batch axis the symbol "batch". Names are kept, and what ONNX has
/// no place for (which parameters do not train, how a family prescribes a draw) goes into the model's
/// metadata, so that import gives the same network back. Batch statistics are written as BatchNormalization
/// with training_mode 1.
///
/// The file appears under its name only when complete. Throws IoError when it cannot be written,
/// std::invalid_argument when the network has no form in operator set 17. Runs the network on two and three
/// random examples to declare the shapes of outputs.
void export_onnx(const Network& network, const std::filesystem::path& path,
                 const ExportOptions& options = {});

}  // namespace shatterproof
