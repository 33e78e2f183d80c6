// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// docs/findings/ID.md.
std::string page_of(const RuleRecord& rule);
/// The part of a rule's page that repeats its record and its thresholds.
std::string page_head(const RuleRecord& rule);
/// Writes the head anew, keeping what follows it.
void write_page_head(const RuleRecord& rule);
/// A whole file; empty when it cannot be read.
std::string text_of(const std::string& path);

}  // namespace shatterproof
