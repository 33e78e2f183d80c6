// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/subject.h"

namespace shatterproof {

Subject subject_of_file(const std::filesystem::path& path, const ImportOptions& options) {
  ImportedModel model = import_onnx(path, options);
  Subject subject;
  subject.network = std::move(model.network);
  subject.description = path.string();
  subject.origin = Origin::file;
  subject.folded = model.folded_normalization;
  subject.fixed_batch = model.batch_axis == BatchAxis::fixed ? model.batch : 0;
  subject.notes = std::move(model.notes);
  return subject;
}

}  // namespace shatterproof
