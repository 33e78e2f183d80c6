// SPDX-License-Identifier: Apache-2.0
#include "diagnose/folded_normalization.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

// Initial weights: the norms that train with them are known.
Finding put_back(int64_t norms) {
  Finding finding;
  finding.severity = Severity::info;
  finding.headline = fmt::format(
      "batch norm was folded into {} layer{} when the file was exported; it was put back to judge the "
      "network "
      "as it trains",
      norms, norms == 1 ? "" : "s");
  finding.why = "initial weights are trained with their norms; the file without them is another network";
  return finding;
}

std::optional<Finding> judge_folded_normalization(const Examination& examination, const Draw&,
                                                  const Thresholds&, const Findings&) {
  if (examination.norms_put_back > 0) return put_back(examination.norms_put_back);
  if (!examination.is_folded) return {};
  Finding finding;
  finding.severity = Severity::info;
  finding.headline = "batch norm was folded into the convolutions when the file was exported";
  finding.why =
      "the trained function is intact, but re-drawn weights would be judged without the norms they train "
      "with";
  finding.remedies = {
      {.kind = Remedy::Kind::export_again,
       .scheme = "torch.onnx.export(..., training=torch.onnx.TrainingMode.PRESERVE, "
                 "do_constant_folding=False), from PyTorch 2.9 on with dynamo=True, optimize=False"}};
  return finding;
}

}  // namespace

RuleRecord folded_normalization_rule() {
  return {"folded_normalization",
          "an export that lost its batch norms",
          {},
          {},
          Showing::never,
          judge_folded_normalization,
          nullptr};
}

}  // namespace shatterproof
