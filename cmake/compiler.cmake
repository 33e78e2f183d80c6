# SPDX-License-Identifier: Apache-2.0
find_program(CCACHE ccache)
if(CCACHE)
  # Without these it refuses whatever includes a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

# GCC 12 sees members of std::variant and std::optional used before they are there, which they are not.
add_library(shatterproof_compiler INTERFACE)
# No contraction of a*b+c into one rounding: drawn weights are the same bits on every machine.
target_compile_options(shatterproof_compiler INTERFACE -Wall -Wextra -Wno-unknown-pragmas -Wno-missing-field-initializers -Wno-maybe-uninitialized -ffp-contract=off -fpch-preprocess)
if(SHATTERPROOF_WARNINGS_AS_ERRORS)
  target_compile_options(shatterproof_compiler INTERFACE -Werror)
endif()
if(SHATTERPROOF_SANITIZE)
  target_compile_options(shatterproof_compiler INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(shatterproof_compiler INTERFACE -fsanitize=address,undefined)
endif()
if(SHATTERPROOF_FUZZ)
  target_compile_options(shatterproof_compiler INTERFACE -fsanitize-coverage=trace-pc)
endif()
