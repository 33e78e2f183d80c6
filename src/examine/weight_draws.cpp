// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/weight_draws.h"

#include <stdexcept>

#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr int64_t kFamilySeeds = 5;

void reject_folded(const Subject& subject, bool as_is) {
  if (!subject.folded || as_is) return;
  throw std::invalid_argument(subject.description +
                              ": batch norm was folded into the convolutions at export; new weights would "
                              "judge another network. Export "
                              "again with torch.onnx.export(..., training=torch.onnx.TrainingMode.PRESERVE, "
                              "do_constant_folding=False), "
                              "from PyTorch 2.9 on with dynamo=True, optimize=False, or add --as-is");
}

}  // namespace

WeightDraws weight_draws(const Subject& subject, const WeightRequest& request) {
  WeightDraws draws;
  draws.scheme = request.scheme;
  if (draws.scheme.empty() && subject.origin == Origin::family)
    draws.scheme = default_initializer(subject.description);
  draws.first_seed = request.first_seed;
  if (draws.scheme.empty() && request.count > 1) {
    reject("--seeds", "a file's own weights are one draw; add --init SCHEME to draw others",
           std::to_string(request.count));
  }
  draws.count = request.count > 0 ? request.count : draws.scheme.empty() ? 1 : kFamilySeeds;
  if (!request.scheme.empty()) reject_folded(subject, request.as_is);
  return draws;
}

Initialization drawn_network(const Subject& subject, const WeightDraws& draws, uint64_t seed) {
  if (draws.scheme.empty()) return {subject.network, {}};
  Initialization drawn = initialize(subject.network, draws.scheme, seed);
  if (subject.made_of_draw) drawn.network = subject.made_of_draw(drawn.network);
  return drawn;
}

}  // namespace shatterproof
