// SPDX-License-Identifier: Apache-2.0
#include "study/measure_request.h"

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

at::ScalarType dtype_of(const StudyCase& study_case) {
  if (study_case.dtype == "float32") return at::kFloat;
  if (study_case.dtype == "float64") return at::kDouble;
  reject_unknown("study case '" + study_case.name + "'", "dtype", study_case.dtype, {"float32", "float64"});
}

}  // namespace

MeasureRequest measure_request(const StudyCase& study_case) {
  MeasureRequest request;
  request.run.functional = Functional::parse(study_case.functional);
  if (!study_case.batch_norm.empty())
    request.batch_norm =
        parse_batch_statistics(study_case.batch_norm, "study case '" + study_case.name + "'");
  request.run.dtype = dtype_of(study_case);
  request.tap = study_case.tap;
  return request;
}

}  // namespace shatterproof
