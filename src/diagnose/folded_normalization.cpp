// SPDX-License-Identifier: Apache-2.0
#include "diagnose/folded_normalization.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge(const Examination& examination, const Draw&, const Thresholds&) {
  if (!examination.is_folded) return {};
  Finding finding;
  finding.severity = Severity::info;
  finding.headline =
      "no normalization, and a bias in every convolution: batch norm was probably folded into the weights";
  finding.why =
      "the trained function is intact, but re-drawn weights would be judged without the norms they train "
      "with";
  finding.next = "export again with torch.onnx.export(..., training=torch.onnx.TrainingMode.PRESERVE)";
  return finding;
}

std::string silent(const Examination&, const Draw&, const Thresholds&) {
  return {};
}

}  // namespace

RuleRecord folded_normalization_rule() {
  return {"folded_normalization", "an export that lost its batch norms", true, true, {}, judge, silent};
}

}  // namespace shatterproof
