// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "cli/fetch/source.h"

struct evp_md_ctx_st;

namespace shatterproof::cli {

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();

  void add(std::span<const char> bytes);
  /// 64 hexadecimal digits, lower case. Nothing may be added afterwards.
  std::string digits();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// Of a file's bytes. Throws IoError when it cannot be read, Interrupted on Ctrl-C.
std::string sha256_of(const std::filesystem::path& file);

/// Whether the file is there with the published size and checksum.
bool is_published(const std::filesystem::path& file, const PublishedFile& published);

}  // namespace shatterproof::cli
