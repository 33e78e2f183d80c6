// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace shatterproof {

/// What OPENBLAS_CORETYPE has to be for the loaded OpenBLAS to use what this processor can do; empty where it
/// does, where it was told, or where there is another BLAS.
///
/// An OpenBLAS that is older than the processor takes it for one of 2004 ("Prescott"), and multiplies at a
/// sixth of the speed. It reads the variable when it is loaded, so that a program must start anew.
std::string faster_blas_kernels();

}  // namespace shatterproof
