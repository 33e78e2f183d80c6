// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace shatterproof::cli {

// What a command writes at its end is asked for before its work: throws std::invalid_argument or IoError
// where it is known that it could not be written, and leaves nothing behind. Empty: nothing is asked for.

/// The file that `option` names. A word that begins with "-" is an option that was meant and no file's name.
void require_output_file(const std::string& option, const std::string& path);
/// Likewise of a file that becomes an HTML page, a picture or an ONNX file: `kind` is its extension. A name
/// that ends as another kind does was meant for something else, and is refused with what makes that.
void require_output_file(const std::string& option, const std::string& path, const std::string& kind);
/// The folder that `option` names; made in time when it is not there.
void require_output_folder(const std::string& option, const std::string& path);
/// Likewise, and nothing may be in it.
void require_empty_output_folder(const std::string& option, const std::string& path);
/// The file of --json, or "-".
void require_json_output(const std::string& path);

}  // namespace shatterproof::cli
