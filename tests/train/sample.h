// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof {

inline Network sample_network(const std::string& family = "feedforward:depth=2,input=6,width=12,output=3") {
  return initialize(build_family(family), "he", 1).network;
}

/// Gaussian examples, labelled by which of the first `classes` numbers is largest.
inline Batch sample_examples(const Network& network, int64_t count, int64_t classes = 3, uint64_t seed = 1) {
  Batch batch = gaussian_batch(network.inputs(), count, seed);
  batch.labels = batch.inputs[0].flatten(1).narrow(1, 0, classes).argmax(1);
  return batch;
}

/// Whether all parameters are the same bits.
inline bool same_weights(const Network& a, const Network& b) {
  for (const Parameter& parameter : a.parameters()) {
    if (!at::equal(parameter.value, b.find_parameter(parameter.name)->value)) return false;
  }
  return true;
}

}  // namespace shatterproof
