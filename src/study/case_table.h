// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/results/record.h"
#include "shatterproof/study/study.h"
#include "study/toml_table.h"

namespace shatterproof {

/// Reads source and settings of a case; those that the table does not give stay as they are, the initializer
/// as the network's preset has it.
void read_settings(TomlTable& table, StudyCase& study_case);

/// The settings beside the source and beside `train`, by the keys that read_settings reads: those that are
/// not empty. A case without a network has none of a network's.
SettingValues settings_of(const StudyCase& study_case);
/// Those of `train`.
SettingValues settings_of(const StudyTraining& training);

}  // namespace shatterproof
