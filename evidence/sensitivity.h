// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <nlohmann/json.hpp>

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/diagnose/thresholds.h"

/// What each threshold is multiplied by, the others kept.
inline constexpr std::array<double, 13> kThresholdFactors = {
    1.0 / 30, 1.0 / 10, 1.0 / 5, 1.0 / 3, 1.0 / 2, .7, 1, 1.4, 2, 3, 5, 10, 30};

/// The verdicts by other thresholds, `{"shattered.watch_length": "hhhhhhhwwwwww"}`: a letter for each factor,
/// the first of HEALTHY, UNKNOWN, WATCH, CRITICAL. Thresholds that change nothing are left out. No
/// measurement and no trial is made again.
nlohmann::ordered_json verdicts_by_other_thresholds(const shatterproof::Examination& examination);
