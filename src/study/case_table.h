// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/study/study.h"
#include "study/toml_table.h"

namespace shatterproof {

/// Reads source and settings of a case; those that the table does not give stay as they are, the initializer
/// as the network's preset has it.
void read_settings(TomlTable& table, StudyCase& study_case);

/// Whether the case has that name, with its depth or without.
bool is_named(const StudyCase& study_case, const std::string& name);

}  // namespace shatterproof
