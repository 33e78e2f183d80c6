// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shatterproof::cli {

/// Bytes of a request; more of them are refused unread.
inline constexpr size_t kMostRequestBytes = 16'384;

/// What a browser asks for. The laboratory takes nothing but GET, so that there is no body.
struct LabRequest {
  std::string path;                                        ///< as it came, before '?'
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded
  std::string host;                                        ///< the header
};

struct LabAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::string file;  ///< the name to be saved under; empty: it is shown
};

/// One line that says why not.
LabAnswer refusal(int status, std::string_view why);

/// Reads the head of a request, up to its empty line. Throws LabAnswer, a refusal, on what is no HTTP/1 GET
/// without a body, on two Host headers, and on what is not encoded as it must be.
LabRequest parse_request(std::string_view head);

/// The bytes of an answer: nothing of it may be kept, framed, sniffed or sent on, and the connection ends.
std::string to_bytes(const LabAnswer& answer);

}  // namespace shatterproof::cli
