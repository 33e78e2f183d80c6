// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace shatterproof::cli {

/// The server of tests/fetch/server.py over a folder, ended with this object.
class Server {
 public:
  /// Throws std::runtime_error when it does not answer. With a certificate it speaks HTTPS.
  explicit Server(const std::string& folder, const std::string& certificate = "");
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The address that answers in that way: "http://127.0.0.1:4711/whole/".
  std::string url(const std::string& way) const;
  /// What it was asked for: path and first byte of each request.
  std::vector<std::string> requests() const;

 private:
  std::string folder_, scheme_;
  pid_t program_ = 0;
  int port_ = 0;
};

}  // namespace shatterproof::cli
