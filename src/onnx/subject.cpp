// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/subject.h"

#include "onnx/folded_normalization.h"

namespace shatterproof {

Subject subject_of_file(const std::filesystem::path& path, const ImportOptions& options) {
  ImportedModel model = import_onnx(path, options);
  Subject subject;
  subject.network = std::move(model.network);
  subject.description = path.string();
  subject.origin = Origin::file;
  subject.folded = model.folded_normalization;
  if (!model.folded_into.empty()) subject.unfolded = with_norms_put_back(subject.network, model.folded_into);
  subject.fixed_batch = model.batch_axis == BatchAxis::fixed ? model.batch : 0;
  subject.alike_axes = model.alike_axes;
  subject.notes = std::move(model.notes);
  return subject;
}

}  // namespace shatterproof
