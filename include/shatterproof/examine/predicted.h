// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"

namespace shatterproof {

/// How predictions without a measurement are asked for.
struct PredictOptions {
  std::string inputs;      ///< as `set_inputs` takes them; empty: a grid for what wants order, else gaussian
  int64_t examples = 0;    ///< 0: 256, or what the inputs say
  std::string batch_norm;  ///< detached or attached; empty: what each measurement prefers
  bool gates = false;      ///< simulate the theorems' own world of independent gates instead
};

/// What theory says of a family: context and predictions are what its results file holds.
struct Predicted {
  ContextRecord context;
  std::vector<PredictionRecord> predictions;
  std::vector<std::string>
      uncovered;  ///< of names that no theory covers here: which one, and what is covered
};

/// Every prediction of these measurements, best first for each. Where some are covered, `uncovered` says of
/// the others why they are not. Throws what `setting_of`, `set_inputs` and, where none is covered, `predict`
/// throw, and std::invalid_argument on an unknown measurement.
Predicted predicted(const std::string& family, const std::vector<std::string>& names,
                    const PredictOptions& options = {});

/// Every record. Does not close the writer.
void write(ResultsWriter& writer, const Predicted& predicted);

}  // namespace shatterproof
