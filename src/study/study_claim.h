// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/study/study.h"
#include "study/toml_table.h"

namespace shatterproof {

/// Which of a case's depths a claim is read for.
struct CaseDepth {
  size_t index = 0;
  size_t count = 0;     ///< 0: the case has no list of depths
  std::string in_name;  ///< what that depth adds to the names of cases
};

/// Reads a table of a claim into the case: one claim, or one for each of its positions where the case has no
/// depths. Throws std::invalid_argument naming `where`.
void append_claims(const toml::table& table, const std::string& where, const CaseDepth& depth,
                   StudyCase& study_case);

}  // namespace shatterproof
