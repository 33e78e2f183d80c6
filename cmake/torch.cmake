# SPDX-License-Identifier: Apache-2.0
# LibTorch: what CMAKE_PREFIX_PATH or Torch_DIR names, else the torch of the Python that the package is built for or of
# the active virtual environment, else the system's.
if(SHATTERPROOF_BUILD_PYTHON)
  if(NOT DEFINED Python_EXECUTABLE)  # Debian's own first, as the tests do
    find_program(SHATTERPROOF_PYTHON python3 HINTS /usr/bin NO_DEFAULT_PATH)
    find_program(SHATTERPROOF_PYTHON python3 REQUIRED)
    set(Python_EXECUTABLE ${SHATTERPROOF_PYTHON})
  endif()
  find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
  # Not by importing it: pip hides it from what is being built.
  execute_process(COMMAND ${Python_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_path('purelib'))"
    OUTPUT_VARIABLE python_packages OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(torch_folders ${python_packages}/torch)
elseif(DEFINED ENV{VIRTUAL_ENV})
  file(GLOB torch_folders LIST_DIRECTORIES true "$ENV{VIRTUAL_ENV}/lib/python3.*/site-packages/torch")
endif()
list(TRANSFORM torch_folders APPEND /share/cmake)
find_package(Torch HINTS ${torch_folders})
if(NOT Torch_FOUND)
  message(FATAL_ERROR "LibTorch is missing: pip install torch, or apt install libtorch-dev")
endif()
message(STATUS "LibTorch ${Torch_VERSION}: ${Torch_DIR}")

# LibTorch's headers warn under our flags; its flags must not leak into ours.
add_library(shatterproof_torch INTERFACE)
foreach(folder ${TORCH_INCLUDE_DIRS})
  if(EXISTS ${folder}/google/protobuf AND NOT folder STREQUAL Protobuf_INCLUDE_DIR)
    # Wheels bring headers of fmt and protobuf, of other versions than the libraries found: ours come first.
    set(headers_before_torch ${PROJECT_BINARY_DIR}/headers_before_torch)
    file(MAKE_DIRECTORY ${headers_before_torch})
    find_path(FMT_INCLUDE_DIR fmt/format.h)
    file(CREATE_LINK ${FMT_INCLUDE_DIR}/fmt ${headers_before_torch}/fmt SYMBOLIC)
    file(CREATE_LINK ${Protobuf_INCLUDE_DIR}/google ${headers_before_torch}/google SYMBOLIC)
    target_include_directories(shatterproof_torch SYSTEM INTERFACE $<BUILD_INTERFACE:${headers_before_torch}>)
  endif()
endforeach()
target_include_directories(shatterproof_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(shatterproof_torch INTERFACE ${TORCH_LIBRARIES})
