// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>

#include <stdexcept>

#include "tests/fetch/published.h"

namespace shatterproof::cli {

std::string packed(const std::vector<Sample>& samples) {
  std::string bytes(size_t{1} << 16, '\0');
  size_t used = 0;
  struct archive* writer = archive_write_new();
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_ustar(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  for (const Sample& sample : samples) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, sample.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(sample.bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, sample.bytes.data(), sample.bytes.size());
    archive_entry_free(entry);
  }
  const bool closed = archive_write_close(writer) == ARCHIVE_OK;
  archive_write_free(writer);
  if (!closed) throw std::runtime_error("the samples do not fit into the archive");
  bytes.resize(used);
  return bytes;
}

}  // namespace shatterproof::cli
