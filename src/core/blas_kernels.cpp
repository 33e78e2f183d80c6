// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/blas_kernels.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

namespace shatterproof {

std::string faster_blas_kernels() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (std::getenv("OPENBLAS_CORETYPE")) return {};
  const auto name = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (!name || std::string_view(name()) != "Prescott") return {};
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return {};
  const bool is_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512cd");
  return is_wide ? "SKYLAKEX" : "HASWELL";
#else
  return {};
#endif
}

}  // namespace shatterproof
