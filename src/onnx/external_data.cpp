// SPDX-License-Identifier: Apache-2.0
#include "onnx/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {
namespace {

struct Reference {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

int64_t parsed_size(const std::string& text, const std::string& owner, std::string_view key) {
  const std::optional<int64_t> number = parse_whole_number(text);
  if (!number || *number < 0)
    reject(owner, fmt::format("external data: {} must be a whole number, not negative", key), text);
  return *number;
}

Reference reference_of(const onnx::TensorProto& proto, const std::string& owner) {
  Reference reference;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") reference.location = entry.value();
    if (entry.key() == "offset") reference.offset = parsed_size(entry.value(), owner, "offset");
    if (entry.key() == "length") reference.length = parsed_size(entry.value(), owner, "length");
  }
  return reference;
}

std::filesystem::path resolved(const std::string& location, const std::filesystem::path& folder,
                               const std::string& owner) {
  constexpr std::string_view kRule = "external data must lie in the model's folder";
  const std::filesystem::path relative(location);
  const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
  const bool strange = location.empty() || location.find('\0') != std::string::npos;
  if (strange || relative.has_root_path() || climbs) reject(owner, kRule, fmt::format("'{}'", location));
  std::error_code error;
  const std::filesystem::path home = std::filesystem::canonical(folder.empty() ? "." : folder, error);
  const std::filesystem::path target = std::filesystem::canonical(home / relative, error);
  if (error)
    throw IoError(fmt::format("{}: external data of {}: {}", printable((folder / relative).string()), owner,
                              error.message()));
  const auto mismatch = std::mismatch(home.begin(), home.end(), target.begin(), target.end());
  if (mismatch.first != home.end())
    reject(owner, kRule, fmt::format("'{}', a link to '{}'", location, target.string()));
  return target;
}

}  // namespace

std::string external_bytes(const onnx::TensorProto& proto, const std::filesystem::path& folder,
                           int64_t bytes) {
  const std::string owner = fmt::format("tensor '{}'", printable(proto.name()));
  const Reference reference = reference_of(proto, owner);
  const std::filesystem::path path = resolved(reference.location, folder, owner);
  const auto refuse = [&](const std::string& cause) {
    throw IoError(fmt::format("{}: external data of {}: {}", printable(path.string()), owner, cause));
  };
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) refuse("not a regular file");
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) refuse(error.message());
  if (reference.offset > size)
    refuse(fmt::format("offset {} lies beyond its {} bytes", reference.offset, size));
  const int64_t length = reference.length.value_or(bytes);
  if (length != bytes)
    reject(owner, fmt::format("external data: its shape asks for {} bytes", bytes),
           fmt::format("length {}", length));
  if (length > size - reference.offset)
    refuse(fmt::format("{} bytes wanted from offset {}; it has {}", length, reference.offset, size));
  std::string content(static_cast<size_t>(length), '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(reference.offset);
  file.read(content.data(), length);
  if (!file) refuse("cannot be read");
  return content;
}

}  // namespace shatterproof
