// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/catalog.h"

#include <algorithm>

#include "architecture/parametrization.h"
#include "architecture/records.h"
#include "shatterproof/core/error.h"

namespace shatterproof {

namespace {

bool has_width(const FamilyRecord& family) {
  return std::any_of(family.options.begin(), family.options.end(),
                     [](const OptionRecord& option) { return option.name == "width"; });
}

std::vector<FamilyRecord> with_parametrizations(std::vector<FamilyRecord> families) {
  for (FamilyRecord& family : families) {
    if (!has_width(family)) continue;
    for (const OptionRecord& option : parametrization_options()) family.options.push_back(option);
  }
  return families;
}

Network built(const FamilyRecord& family, const Spec& values) {
  if (!has_width(family)) return family.build(values);
  const std::optional<int64_t> base_width = mu_p_base_width(values);
  if (!base_width) return family.build(values);
  return with_mu_p(values, *base_width, [&](const Spec& at_width) {
    mu_p_base_width(at_width);  // so that its options are read there, too
    return family.build(at_width);
  });
}

}  // namespace

std::span<const FamilyRecord> families() {
  static const std::vector<FamilyRecord> table = with_parametrizations(
      {feedforward_family(), residual_family(), highway_family(), highway_gated_family(), dense_family(),
       shallow_family(), conv_feedforward_family(), conv_residual_family(), thin_family(),
       transformer_pre_norm_family(), transformer_post_norm_family()});
  return table;
}

const FamilyRecord* find_family(std::string_view name) {
  for (const FamilyRecord& record : families()) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

Network build_family(std::string_view spec) {
  const Spec values = Spec::parse(spec);
  if (const FamilyRecord* record = find_family(values.name())) return built(*record, values);
  std::vector<std::string> known;
  for (const FamilyRecord& record : families()) known.push_back(record.name);
  reject_unknown("network", "family", values.name(), known);
}

}  // namespace shatterproof
