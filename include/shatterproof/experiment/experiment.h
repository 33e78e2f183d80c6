// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/measure/measurement.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// What an experiment is made on, with nothing left to decide.
struct ExperimentRun {
  TapSource& source;
  const Batch& batch;
  RunOptions options;  ///< functional and batch statistics as the definition takes them
  MeasurementOptions measurement;
  /// Readings of the measurement that the record rests on, made the same way.
  std::vector<Reading> readings = {};
  /// The network before it was trained, for Needs::untrained_weights; else nullptr.
  const Network* untrained = nullptr;

  const Network& graph() const { return *source.graph(); }      ///< precondition: Needs::graph
  const Network& network() const { return *source.network(); }  ///< precondition: Needs::network or more
};

/// The record of a measurement that one pass of taps does not give.
struct ExperimentRecord : MeasurementRecord {
  ExperimentRecord() = default;
  /// Every measurement of taps is one that is not run itself.
  ExperimentRecord(MeasurementRecord record) : MeasurementRecord(std::move(record)) {}

  std::string rests_on;  ///< a measurement of taps whose readings it reduces further; or empty
  std::vector<Reading> (*run)(const ExperimentRun&) = nullptr;  ///< for all but Needs::taps
  /// Throws std::invalid_argument on a value that an option of such a measurement does not take.
  void (*check)(const Spec&) = nullptr;
};

}  // namespace shatterproof
