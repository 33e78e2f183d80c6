// SPDX-License-Identifier: Apache-2.0
// GCC's own instrumentation calls the function below once per basic block; AFL++ counts pairs of blocks.
// AFL++'s plugin for GCC would do the same, but loads only into the very GCC it was built by.
#include <cstdint>

extern "C" void __afl_trace(uint32_t block);

extern "C" __attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc() {
  // Where the program lies in memory differs from run to run: count from a place in it.
  const auto here = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  const auto start = reinterpret_cast<uintptr_t>(&__sanitizer_cov_trace_pc);
  constexpr uint32_t kScatter = 0x9e3779b1;  // 2^32 / golden ratio: neighbours land far apart
  __afl_trace(static_cast<uint32_t>(here - start) * kScatter >> 16);
}
