// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/results/reading.h"
#include "shatterproof/run/tap.h"

namespace shatterproof {

/// What a measurement is told.
struct MeasurementOptions {
  std::string tap;  ///< read only the tap of this name; empty: those the definition names
  Spec spec = {};   ///< the measurement as it was asked for; its keys are among `MeasurementRecord::options`
};

/// Reduces taps to readings. Keeps what is small (a norm, a count, a Gram matrix), never a tensor of the
/// batch, except at the input.
class Measurement : public Observer {
 public:
  void begin(const RunContext& context) override { context_ = context; }
  /// Readings of what was observed since construction; functional and batch_norm are filled in by the caller.
  virtual std::vector<Reading> readings() const = 0;

 protected:
  RunContext context_;
};

/// What a measurement is made from.
enum class Needs {
  taps,               ///< what passes the taps of one run
  runs,               ///< several runs, on examples of its own, or derivatives with respect to inputs
  graph,              ///< the network as built, neither its weights nor data
  network,            ///< the network with its weights
  untrained_weights,  ///< also those it had before it was trained
};

/// Which batch-norm semantics a definition asks for when the user names none.
enum class PreferredStatistics { detached, attached };
/// Whether a definition takes the functional of the request, is about Jacobians and always takes `probe`, or
/// is about the error and always takes `loss`.
enum class PreferredFunctional { given, probe, loss };

/// A reading that comes with a measurement's own, under another name.
struct CompanionReading {
  std::string name, sentence;
  ReadingType type = ReadingType::curve;
  double least = 0, most = 0;
  int gradient_degree = 0;
  SeedMean over_seeds = SeedMean::arithmetic;
};

/// All that is said of a measurement: help, docs, JSON and report read this record and nothing else.
struct MeasurementRecord {
  std::string name, symbol, sentence, formula, reference;
  ReadingType type = ReadingType::scalar;
  double least = 0, most = 0;  ///< range, possibly infinite
  std::string range_note;      ///< when the ends are reached
  /// The readings' factor under g -> 2 g of all gradients is 2^degree.
  int gradient_degree = 0;
  Needs needs = Needs::taps;
  bool along_path = false;  ///< wants examples ordered along a grid or path; refuses others with the reason
  bool order_invariant = true;  ///< unchanged by permuting the examples
  bool streams = true;          ///< splitting the batch into mini-batches changes nothing
  PreferredStatistics batch_norm = PreferredStatistics::detached;
  PreferredFunctional functional = PreferredFunctional::given;
  std::string undefined_when;
  std::string prediction;                      ///< name of the prediction, or why there is none
  SeedMean over_seeds = SeedMean::arithmetic;  ///< of the reading that bears the record's name
  std::vector<CompanionReading> companions;
  std::vector<OptionRecord> options;  ///< what may be written behind the name, `name:key=value`
  /// For Needs::taps. Throws std::invalid_argument on a value that an option does not take.
  std::unique_ptr<Measurement> (*make)(const MeasurementOptions&) = nullptr;
};

}  // namespace shatterproof
