# SPDX-License-Identifier: Apache-2.0
# LibTorch: what CMAKE_PREFIX_PATH or Torch_DIR names, else the torch of the Python that the package is built for or of
# the active virtual environment, else the system's.
set(oldest_torch 1.13)

# torch_of_python(PYTHON VARIABLE): the folder of its torch, empty where it has none. Not by importing it, which takes
# seconds, and without PYTHONPATH, by which pip hides what is installed from what is being built.
function(torch_of_python python variable)
  execute_process(COMMAND ${python} -E -c
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} ${folder} PARENT_SCOPE)
endfunction()

set(environment_python $ENV{VIRTUAL_ENV}/bin/python)
if(EXISTS ${environment_python})
  torch_of_python(${environment_python} python_torch)
endif()
if(SHATTERPROOF_BUILD_PYTHON)
  if(python_torch AND NOT DEFINED Python_EXECUTABLE)
    set(Python_EXECUTABLE ${environment_python})
  elseif(NOT DEFINED Python_EXECUTABLE)  # Debian's own first, as the tests do
    find_program(SHATTERPROOF_PYTHON python3 HINTS /usr/bin NO_DEFAULT_PATH)
    find_program(SHATTERPROOF_PYTHON python3 REQUIRED)
    set(Python_EXECUTABLE ${SHATTERPROOF_PYTHON})
  endif()
  find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
  torch_of_python(${Python_EXECUTABLE} python_torch)
  if(SKBUILD AND NOT python_torch)
    message(FATAL_ERROR "PyTorch is missing where the package is to be installed: pip install torch there first")
  endif()
endif()

# A wheel by its own headers and libraries: its CMake files ask for CUDA's tools where it was built with them, and look
# for LibTorch's parts in the system's folders first.
set(wheel_configs share/cmake/Torch)
find_path(wheel_folder ${wheel_configs}/TorchConfigVersion.cmake NO_CACHE NO_DEFAULT_PATH PATH_SUFFIXES torch
  PATHS ${Torch_DIR}/../../.. ${CMAKE_PREFIX_PATH} $ENV{CMAKE_PREFIX_PATH})
if(NOT wheel_folder AND NOT Torch_DIR AND EXISTS "${python_torch}/${wheel_configs}")
  set(wheel_folder ${python_torch})
endif()
if(wheel_folder)
  string(REGEX REPLACE "/$" "" wheel_folder ${wheel_folder})
  set(TORCH_INCLUDE_DIRS ${wheel_folder}/include ${wheel_folder}/include/torch/csrc/api/include)
  set(torch_libraries ${wheel_folder}/lib)
  # libtorch.so is nothing but a list of what to load, CUDA's part among it.
  set(TORCH_LIBRARIES ${torch_libraries}/libtorch_cpu.so ${torch_libraries}/libc10.so
    -Wl,--no-as-needed,${torch_libraries}/libtorch.so,--as-needed)
  file(STRINGS ${wheel_folder}/${wheel_configs}/TorchConfigVersion.cmake Torch_VERSION REGEX "set\\(PACKAGE_VERSION ")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" Torch_VERSION "${Torch_VERSION}")
  set(torch_place ${wheel_folder})
  file(STRINGS ${wheel_folder}/${wheel_configs}/TorchConfig.cmake old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(old_abi)
    message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${torch_place} has GCC's old ABI, which no other library here "
      "has: take a later one")
  endif()
else()
  find_package(Torch)
  if(NOT Torch_FOUND)
    message(FATAL_ERROR "LibTorch is missing: pip install torch, or apt install libtorch-dev")
  endif()
  set(torch_place ${Torch_DIR})
  cmake_path(GET TORCH_LIBRARY PARENT_PATH torch_libraries)
  set(torch_dependency "find_dependency(Torch)")
endif()
if(Torch_VERSION VERSION_LESS oldest_torch)
  message(FATAL_ERROR "LibTorch must be ${oldest_torch} or later; that in ${torch_place} is ${Torch_VERSION}")
endif()
message(STATUS "LibTorch ${Torch_VERSION}: ${torch_place}")

# LibTorch's headers warn under our flags; its flags must not leak into ours.
add_library(shatterproof_torch INTERFACE)
if(wheel_folder)
  # A wheel may lie within the build folder, which an installed package must not name as its own.
  list(JOIN TORCH_INCLUDE_DIRS " " torch_includes)
  set(torch_of_package "target_include_directories(shatterproof::shatterproof_torch SYSTEM INTERFACE ${torch_includes})")
  # Wheels bring headers of fmt and protobuf, of other versions than the libraries found: ours come first.
  set(headers_before_torch ${PROJECT_BINARY_DIR}/headers_before_torch)
  file(MAKE_DIRECTORY ${headers_before_torch})
  find_path(FMT_INCLUDE_DIR fmt/format.h)
  file(CREATE_LINK ${FMT_INCLUDE_DIR}/fmt ${headers_before_torch}/fmt SYMBOLIC)
  file(CREATE_LINK ${Protobuf_INCLUDE_DIR}/google ${headers_before_torch}/google SYMBOLIC)
  target_include_directories(shatterproof_torch SYSTEM INTERFACE
    $<BUILD_INTERFACE:${headers_before_torch}> "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
else()
  target_include_directories(shatterproof_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
endif()
target_link_libraries(shatterproof_torch INTERFACE ${TORCH_LIBRARIES})
