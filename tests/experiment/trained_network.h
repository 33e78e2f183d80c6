// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {

/// A network before training and after, made by moving every trainable parameter, and the stored statistics,
/// by a fraction of another draw of its own size.
struct BeforeAndAfter {
  Network before, after;

  BeforeAndAfter(Network initial, double fraction) : before(std::move(initial)), after(before) {
    for (const Parameter& parameter : before.parameters()) {
      if (!parameter.value.is_floating_point()) continue;
      const bool is_stored = parameter.name.find("running_mean") != std::string::npos;
      if (!parameter.trainable && !is_stored) continue;
      const at::Tensor step = gaussian_tensor("step." + parameter.name, parameter.value.sizes().vec());
      const double size = parameter.value.std(false).item<double>() + 0.1;
      after.set_parameter(parameter.name, parameter.value + (fraction * size * step).to(at::kFloat));
    }
  }
};

/// A family's network before and after.
inline BeforeAndAfter moved_family(const std::string& spec, double fraction) {
  return {initialize(build_family(spec), default_initializer(spec), 3).network, fraction};
}

inline Batch gaussian_examples(int64_t examples, int64_t numbers) {
  Batch batch;
  batch.inputs = {gaussian_tensor("examples", {examples, numbers}).to(at::kFloat)};
  return batch;
}

/// A request in float64 that knows the initial weights.
inline MeasureRequest request_since(const Network& before) {
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.untrained = before;
  return request;
}

}  // namespace shatterproof
