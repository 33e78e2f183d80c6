// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/theory/prediction.h"
#include "shatterproof/theory/setting.h"

namespace shatterproof {

/// All that is said of a theory: help, docs, predictions and errors read this record and nothing else.
struct TheoryRecord {
  std::string name, sentence, formula, reference;
  std::string assumes;                ///< of the network; travels with every prediction
  std::string settings;               ///< the networks and inputs it speaks of
  std::vector<std::string> predicts;  ///< names of measurements
  bool on_request = false;            ///< a simulation: `predict` leaves it out, `predict_by` makes it
  /// Its predictions of a measurement it names; empty when the setting is none of its own.
  std::vector<Prediction> (*predict)(const Setting& setting, std::string_view measurement);
};

/// Every theory, the better ones first. No other list of them exists.
std::span<const TheoryRecord> theories();

/// Whether some theory speaks of that measurement, in whichever setting.
bool is_predicted(std::string_view measurement);

/// Every prediction of that measurement in that setting, best first, on the axes of its readings: a curve
/// and, where the measurement has one, the scalar at the input.
///
/// Throws std::invalid_argument when no theory speaks of it, saying of which measurements, or in which
/// settings, one does. Cost: microseconds, and seconds where a Gaussian process is drawn.
std::vector<Prediction> predict(const Setting& setting, std::string_view measurement);

/// The same; empty where no theory speaks of it. A theory for which the setting is too large says nothing.
std::vector<Prediction> predictions_if_any(const Setting& setting, std::string_view measurement);

/// The predictions of one theory alone, one `on_request` included. Throws likewise, and on an unknown name.
std::vector<Prediction> predict_by(std::string_view theory, const Setting& setting,
                                   std::string_view measurement);

}  // namespace shatterproof
