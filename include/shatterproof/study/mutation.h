// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/results/claim.h"
#include "shatterproof/study/reproduce.h"
#include "shatterproof/study/study.h"

namespace shatterproof {

/// The study with the cases that the mutation changes as it says; their names and claims stay.
///
/// Throws std::invalid_argument "study NAME, mutation ...: rule; got x" when it names a case, an option or a
/// setting that there is not, or changes nothing.
Study mutated(const Study& study, const StudyMutation& mutation);

/// What the claims of a study noticed of a wrong setting.
struct NoticedMutation {
  std::string name;           ///< empty: the study as it is
  std::vector<Claim> claims;  ///< all of them, judged; those of predictions by the theory of the true setting
  int64_t failed = 0;
};

/// Runs the study as it is, then the changed cases of every one of its mutations. Keeps no trials. Throws
/// what `reproduce` throws.
std::vector<NoticedMutation> notice_mutations(const Study& study, ReproduceOptions options);

}  // namespace shatterproof
