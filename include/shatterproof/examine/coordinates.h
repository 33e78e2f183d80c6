// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"

namespace shatterproof {

/// How initial weights and learning rates follow the width.
enum class Parametrization {
  standard,  ///< as the scheme draws them, one rate for all
  /// mu-P, table 3 of [TP5] for Adam: weights whose fan-in grows have a rate
  /// times base/width, and a readout's initial weights are times
  /// sqrt(base/width) too.
  maximal_update,
};

/// What is varied, and how long each network is trained.
struct CoordinateRequest {
  std::string family;  ///< with its options but width and depth; of networks,
                       ///< what to call them
  /// In place of a family, networks of one architecture, each wider than the
  /// one before: widths and depths then do not count, and their own weights are
  /// trained unless a scheme is given.
  std::vector<Network> networks = {};
  std::vector<int64_t> widths = {64, 128, 256, 512};
  std::vector<int64_t> depths = {2, 4, 8, 16};
  Parametrization parametrization = Parametrization::standard;
  double rate = .01;      ///< Adam's, at the first of the widths
  int64_t steps = 4;      ///< of Adam, on one batch with random labels, or targets
  int64_t examples = 64;  ///< in it
  int64_t seeds = 3;
  uint64_t first_seed = 1;
  std::string scheme;  ///< of initial weights; empty: the family's own
  int threads = 1;
  const Cancellation* cancellation = nullptr;
};

/// What becomes of a size when the network grows.
enum class Transfer {
  transfers,  ///< its slope is 0 within a quarter
  grows,
  shrinks,
  unclear,  ///< the slope is not known well enough
};
std::string_view to_string(Transfer transfer);

/// Sizes of one kind of layers after one step, against width or depth.
struct CoordinateLine {
  std::string axis;           ///< "width" or "depth"
  int64_t step = 0;           ///< of Adam; 0: initial weights
  std::string layers;         ///< "input", "hidden" or "readout": by whether fan-in and
                              ///< fan-out grow with the width
  bool is_change = false;     ///< of f_t - f_0, else of f_t
  std::vector<double> at;     ///< widths or depths
  std::vector<double> sizes;  ///< root mean square over coordinates, layers and seeds
  double slope = 0,
         standard_error = 0;  ///< of log size against log width, or depth; NaN where undefined
  std::string undefined;      ///< why there is no slope; empty where there is one
  Transfer transfer = Transfer::transfers;
};

/// All of what a results file holds of a coordinate check.
struct Coordinates {
  ContextRecord context;
  std::vector<CoordinateLine> lines;
  /// The line of these, or nullptr.
  const CoordinateLine* find(const std::string& axis, int64_t step, const std::string& layers,
                             bool is_change) const;
};

/// Trains a family at several widths (at the second depth) and at several
/// depths (at the first width), or several networks, for a few steps of Adam
/// and follows the outputs f of linear maps on the batch.
///
///   size(t) = rms f_t,   change(t) = rms (f_t - f_0),   slope: least squares
///   of ln size against ln width; undefined where a size is zero or not finite
///
/// Under mu-P changes do not depend on the width; under the standard
/// parametrization those of hidden layers and readouts grow with it, so that
/// the best rate shifts. A size transfers where |slope| + standard error is
/// below 1/4, grows or shrinks where |slope| is above 1/4 by the error. Sizes
/// of the readout at step 0 shrink under mu-P on purpose. Throws
/// std::invalid_argument on a family, an option or a number that does not fit.
/// Cost: seeds (widths + depths) trainings of `steps` steps. [TP5] Yang et al.
/// 2022, Tensor Programs V.
Coordinates coordinates(const CoordinateRequest& request);

/// Every record, in the order that docs/results_format.md has. Does not close
/// the writer.
void write(ResultsWriter& writer, const Coordinates& coordinates);

}  // namespace shatterproof
