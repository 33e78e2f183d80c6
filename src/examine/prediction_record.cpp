// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/prediction_record.h"

namespace shatterproof {

PredictionRecord prediction_record(const Prediction& prediction) {
  PredictionRecord record{.theory = prediction.theory, .assumes = prediction.assumes};
  Reading& reading = record.reading;
  reading.name = prediction.name;
  reading.type = prediction.x_name.empty() ? ReadingType::scalar : ReadingType::curve;
  reading.tap = prediction.tap;
  if (!prediction.tap.empty()) reading.depth = 0;
  reading.x_name = prediction.x_name;
  reading.x = prediction.x;
  reading.values = prediction.values;
  reading.standard_error = prediction.standard_error;
  reading.n = prediction.n;
  reading.bound = prediction.bound;
  return record;
}

}  // namespace shatterproof
