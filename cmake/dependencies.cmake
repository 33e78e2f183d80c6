# SPDX-License-Identifier: Apache-2.0
# Before LibTorch, whose wheels put an empty target in its place.
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
include(cmake/torch.cmake)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED)  # LibTorch's own threads
find_package(CLI11 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
