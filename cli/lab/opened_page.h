// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/browser.h"

namespace shatterproof::cli {

/// Opens an address in the browser of whoever sits at this machine. The address, a secret, stands in a file
/// that nobody else can read, and in no list of running programs; the file is removed with this.
class OpenedPage {
 public:
  /// Quietly opens nothing where there is no screen or no `xdg-open`.
  explicit OpenedPage(const std::string& address);

 private:
  ScratchFolder folder_;
};

}  // namespace shatterproof::cli
