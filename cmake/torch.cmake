# SPDX-License-Identifier: Apache-2.0
# LibTorch: what CMAKE_PREFIX_PATH or Torch_DIR names, else the torch of the active virtual environment, else the
# system's.
if(NOT Torch_DIR AND DEFINED ENV{VIRTUAL_ENV})
  file(GLOB torch_of_environment LIST_DIRECTORIES true "$ENV{VIRTUAL_ENV}/lib/python3.*/site-packages/torch/share/cmake")
endif()
find_package(Torch REQUIRED HINTS ${torch_of_environment})
message(STATUS "LibTorch ${Torch_VERSION}: ${Torch_DIR}")

# LibTorch's headers warn under our flags; its flags must not leak into ours.
add_library(shatterproof_torch INTERFACE)
target_include_directories(shatterproof_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(shatterproof_torch INTERFACE ${TORCH_LIBRARIES})

# Wheels bring the headers of an fmt of their own, found before the system's, whose library is another version.
set(SHATTERPROOF_FMT fmt::fmt)
foreach(folder ${TORCH_INCLUDE_DIRS})
  if(EXISTS ${folder}/fmt/format.h AND NOT folder STREQUAL "/usr/include")
    set(SHATTERPROOF_FMT fmt::fmt-header-only)
  endif()
endforeach()
