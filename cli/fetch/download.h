// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/fetch/partial_file.h"

namespace shatterproof::cli {

/// An address as it may be shown: on one line, without the user and the password that it may hold.
std::string shown_url(std::string_view url);

/// Appends to `file` what it lacks of the `bytes` at `url`, over HTTP or HTTPS; from the beginning where the
/// server cannot begin in the middle. `progress` is told how many bytes are there.
///
/// Returns when the server has sent all it has, which may be less than `bytes`. Throws IoError in one line,
/// "URL: cause", when the server refuses, is not who it says it is, sends more than `bytes`, breaks off or is
/// silent for a minute, and Interrupted on Ctrl-C. What came until then stays in `file`.
void download(const std::string& url, int64_t bytes, PartialFile& file,
              const std::function<void(int64_t)>& progress);

}  // namespace shatterproof::cli
