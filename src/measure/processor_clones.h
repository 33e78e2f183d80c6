// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Compiles a function twice, for processors that have `feature` ("popcnt", "avx2") and for all others; which
/// one runs is decided when the program starts. Functions inlined into it are compiled along with it.
#if defined(__x86_64__)
#define SHATTERPROOF_CLONES(feature) __attribute__((target_clones(feature, "default")))
#else
#define SHATTERPROOF_CLONES(feature)
#endif
