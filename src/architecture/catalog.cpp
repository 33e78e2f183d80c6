// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/catalog.h"

#include "architecture/records.h"
#include "shatterproof/core/error.h"

namespace shatterproof {

std::span<const FamilyRecord> families() {
  static const std::vector<FamilyRecord> table = {feedforward_family(),
                                                  residual_family(),
                                                  highway_family(),
                                                  highway_gated_family(),
                                                  dense_family(),
                                                  shallow_family(),
                                                  conv_feedforward_family(),
                                                  conv_residual_family(),
                                                  thin_family(),
                                                  transformer_pre_norm_family(),
                                                  transformer_post_norm_family()};
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
  if (const FamilyRecord* record = find_family(values.name())) return record->build(values);
  std::vector<std::string> known;
  for (const FamilyRecord& record : families()) known.push_back(record.name);
  reject_unknown("network", "family", values.name(), known);
}

}  // namespace shatterproof
