// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <new>
#include <vector>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {

// Its calls fail when memory is short, or where SHA-256 is not allowed.
Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (!context_) throw std::bad_alloc();
  if (EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256: OpenSSL does not offer it here");
}

void Sha256::add(std::span<const char> bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

std::string Sha256::digits() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) throw std::bad_alloc();
  std::string digits;
  for (unsigned i = 0; i < size; ++i) digits += fmt::format("{:02x}", digest[i]);
  return digits;
}

std::string sha256_of(const std::filesystem::path& file) {
  constexpr size_t kChunk = size_t{1} << 20;
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> chunk(kChunk);
  Sha256 sum;
  while (stream) {
    throw_if_interrupted();
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    sum.add({chunk.data(), static_cast<size_t>(stream.gcount())});
  }
  if (!stream.eof()) throw IoError(printable(file.string()) + ": cannot be read");
  return sum.digits();
}

bool is_published(const std::filesystem::path& file, const PublishedFile& published) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  return !error && static_cast<int64_t>(bytes) == published.bytes && sha256_of(file) == published.sha256;
}

}  // namespace shatterproof::cli
