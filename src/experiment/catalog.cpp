// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/catalog.h"

#include "experiment/attention_logits.h"
#include "experiment/correlation_length.h"
#include "experiment/effective_depth.h"
#include "experiment/effective_depth_bound.h"
#include "experiment/gradient_growth.h"
#include "experiment/gradient_noise_scale.h"
#include "experiment/gradient_over_time.h"
#include "experiment/half_precision.h"
#include "experiment/jacobian_spectrum.h"
#include "experiment/nonlinearity_coefficient.h"
#include "experiment/taylor_error.h"
#include "experiment/update_budget.h"
#include "experiment/update_ratio.h"
#include "experiment/weight_displacement.h"
#include "shatterproof/core/error.h"
#include "shatterproof/experiment/inverse_width.h"
#include "shatterproof/measure/activation_fraction.h"
#include "shatterproof/measure/activation_raster.h"
#include "shatterproof/measure/bimodality.h"
#include "shatterproof/measure/coactivation.h"
#include "shatterproof/measure/contiguity.h"
#include "shatterproof/measure/dilution.h"
#include "shatterproof/measure/effective_rank.h"
#include "shatterproof/measure/end_to_end_gain.h"
#include "shatterproof/measure/gradient_autocorrelation.h"
#include "shatterproof/measure/gradient_confusion.h"
#include "shatterproof/measure/gradient_correlation.h"
#include "shatterproof/measure/gradient_covariance.h"
#include "shatterproof/measure/gradient_scale_coefficient.h"
#include "shatterproof/measure/gradient_signal_to_noise.h"
#include "shatterproof/measure/gradient_trace.h"
#include "shatterproof/measure/gradient_variance.h"
#include "shatterproof/measure/preactivation_std.h"
#include "shatterproof/measure/pseudo_linearity.h"
#include "shatterproof/measure/relative_effective_rank.h"
#include "shatterproof/measure/residual_stream.h"
#include "shatterproof/measure/saturation.h"
#include "shatterproof/measure/sign_diversity.h"
#include "shatterproof/measure/spectral_slope.h"
#include "shatterproof/measure/token_rank.h"

namespace shatterproof {

std::span<const ExperimentRecord> measurements() {
  static const std::vector<ExperimentRecord> records = {
      gradient_trace_record(),
      gradient_covariance_record(),
      gradient_autocorrelation_record(),
      correlation_length_record(),
      spectral_slope_record(),
      gradient_correlation_record(),
      gradient_variance_record(),
      effective_rank_record(),
      relative_effective_rank_record(),
      gradient_signal_to_noise_record(),
      gradient_confusion_record(),
      activation_fraction_record(),
      coactivation_record(),
      bimodality_record(),
      contiguity_record(),
      activation_raster_record(),
      gradient_scale_coefficient_record(),
      gradient_growth_record(),
      gradient_over_time_record(),
      update_budget_record(),
      preactivation_std_record(),
      end_to_end_gain_record(),
      sign_diversity_record(),
      saturation_record(),
      pseudo_linearity_record(),
      nonlinearity_coefficient_record(),
      dilution_record(),
      jacobian_spectrum_record(),
      inverse_width_record(),
      effective_depth_record(),
      effective_depth_bound_record(),
      taylor_error_record(),
      weight_displacement_record(),
      attention_logits_record(),
      token_rank_record(),
      residual_stream_record(),
      update_ratio_record(),
      gradient_noise_scale_record(),
      half_precision_record(),
  };
  return records;
}

namespace {

void check_options(const ExperimentRecord& record, const Spec& spec, std::string_view text) {
  if (record.options.empty()) reject(record.name, "has no options", text);
  for (const OptionRecord& option : record.options) spec.word(option.name, option.otherwise);
  spec.reject_unread();
  if (record.make) record.make({.tap = "", .spec = spec});
  if (record.check) record.check(spec);
}

}  // namespace

const ExperimentRecord& measurement_of(std::string_view text, std::string_view operation) {
  const std::string_view name = text.substr(0, text.find(':'));
  std::vector<std::string> known;
  for (const ExperimentRecord& record : measurements()) {
    known.push_back(record.name);
    if (record.name != name) continue;
    if (name != text) check_options(record, Spec::parse(text), text);
    return record;
  }
  reject_unknown(operation, "measurement", name, known);
}

}  // namespace shatterproof
