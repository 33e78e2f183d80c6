// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "shatterproof/examine/acceptance.h"
#include "shatterproof/examine/check.h"

namespace shatterproof::cli {

/// What decides the exit code of a check, in one line: "exploding (critical)"; what nobody found otherwise.
std::string reason(const Acceptance& acceptance);
/// What a finding counts for: "ignored", "new", "worse than watch", "as in the baseline"; empty where it is
/// as in any check.
std::string standing(const WeighedFinding& one, const Acceptance& acceptance);
/// What the baseline had and nobody finds now.
std::vector<FindingChange> lost_findings(const Acceptance& acceptance);
/// "layers 1-31", "layer 4"; empty where it speaks of no layer in particular.
std::string layers_text(const Finding& finding);
/// The document on a finding in the folder `documents`, an address; empty where that is. A baseline may name
/// any rule, so that it is encoded.
std::string address_of(const std::string& documents, const std::string& rule);

/// What a person reads after the verdict: the exit code and why, what was ignored, and the baseline.
void print_acceptance(std::ostream& out, const Acceptance& acceptance);

// The same for those who build, each in a file of its own. `documents` is an address or empty.

/// A comment for a pull request: one line, a table of the findings, and folded what to do.
void print_comment(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                   const std::string& documents);
/// JUnit's XML as Jenkins and GitLab read it: a test case for each rule.
void print_junit(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                 const std::string& documents);
/// SARIF 2.1.0: a result for each finding, with every rule's record and what its document says.
void print_sarif(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                 const std::string& documents);

}  // namespace shatterproof::cli
