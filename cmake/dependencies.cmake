# SPDX-License-Identifier: Apache-2.0
find_package(Torch REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED)  # LibTorch's own threads
find_package(Protobuf REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

# LibTorch's headers warn under our flags; its flags must not leak into ours.
add_library(shatterproof_torch INTERFACE)
target_include_directories(shatterproof_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(shatterproof_torch INTERFACE ${TORCH_LIBRARIES})
