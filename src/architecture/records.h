// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/architecture/catalog.h"

namespace shatterproof {

// One for each family, beside what builds it.
FamilyRecord feedforward_family();
FamilyRecord residual_family();
FamilyRecord highway_family();
FamilyRecord highway_gated_family();
FamilyRecord dense_family();
FamilyRecord shallow_family();
FamilyRecord conv_feedforward_family();
FamilyRecord conv_residual_family();
FamilyRecord thin_family();
FamilyRecord transformer_pre_norm_family();
FamilyRecord transformer_post_norm_family();

}  // namespace shatterproof
