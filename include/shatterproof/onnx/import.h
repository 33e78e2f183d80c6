// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

struct ImportOptions {
  /// Bytes that the parameters together, and every single value while the batch axis is tried out, may take.
  /// 0: half of the machine's memory.
  int64_t memory_limit = 0;
  /// Sizes for axes that the file leaves free, by the file's name of the axis or as "input:axis". The batch
  /// stays free. Free axes that are not named stay free, and noise is drawn for them at a size that a note
  /// tells (Input::drawn_shape).
  std::map<std::string, int64_t> shapes;
};

/// What the import found out about the batch axis, which leads in every network here: a file that has it in
/// axis 1 (steps first) is turned.
enum class BatchAxis {
  free,         ///< the file leaves it free
  generalized,  ///< the file froze it; freed at import
  fixed,        ///< `ImportedModel::batch` examples at a time and no other number
};

/// A parameter that the file declared equal to another. It is a parameter of its own here, so that training
/// ties only what is one initializer read at several places.
struct Alias {
  std::string name;
  std::string source;
};

/// A network read from an ONNX file, with what a reader of its readings should know.
struct ImportedModel {
  Network network;
  std::string producer;  ///< "pytorch 2.0.0"
  int64_t ir_version = 0;
  int64_t opset = 0;
  BatchAxis batch_axis = BatchAxis::free;
  /// Examples per run when the batch axis is fixed (then also axis 0 of every input's shape), else 0.
  int64_t batch = 0;
  /// Whether two random examples run together gave what they give one by one. Only shapes are compared where
  /// batch statistics couple examples. False when free axes kept the model from being tried out.
  bool batch_verified = false;
  /// The size of axis 0 and of axis 1 where the batch was found in axis 1, but both are of one size and no
  /// name tells them apart; else 0.
  int64_t alike_axes = 0;
  bool folded_normalization = false;     ///< batch norm was folded into convolutions at export
  std::vector<std::string> folded_into;  ///< the nodes it was folded into, where their names tell
  int64_t stored_numbers = 0;            ///< in the file's initializers, whatever their type and use
  std::vector<Alias> aliases;
  std::vector<std::string> notes;  ///< for the coverage: one line per thing dropped, changed or rounded
};

/// Reads an ONNX model: operator sets 7 to 25, IR version 3 or later, weights inside the file or beside it.
///
/// Parameters are initializers, Constant nodes and whatever nodes compute from these alone; floating types
/// become float32. Trainable ones are those that reach a weight or bias slot: weights and biases of linear
/// operators, added biases and position embeddings, joined class tokens, scales and biases of normalizations,
/// PRelu slopes, embedding tables; never stored statistics, masks, sines and cosines of positions, shapes, or
/// the arithmetic that prepares raw inputs. A weight that is read in two forms stays one parameter (a readout
/// that is the transposed embedding), and small initializers that the exporter merged because their numbers
/// were equal come apart by the slots they fill. Nodes are sorted; nodes that reach no output are dropped. A
/// frozen batch axis is freed where the model then gives for two examples together what it gives for each.
///
/// Throws IoError when the file, or external data beside it, cannot be read; std::invalid_argument, in one
/// line naming file, rule and offender, when it is not a model that can be run here. External data must lie
/// in the model's folder or below it. Cost: the file, plus forward runs of at most nine examples.
ImportedModel import_onnx(const std::filesystem::path& path, const ImportOptions& options = {});

}  // namespace shatterproof
