// SPDX-License-Identifier: Apache-2.0
#include "study/image_inputs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/dataset/projection.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"
#include "study/k_means.h"

namespace shatterproof {
namespace {

constexpr std::string_view kImages = "images";
constexpr int64_t kClusters = 10;

bool is_procedural(const StudyCase& study_case) {
  return study_case.images == "procedural";
}

// Procedural images have no end; a folder's test images are files beside its training images.
DatasetRequest request_of(const StudyCase& study_case, bool test, int64_t first, int64_t count) {
  constexpr int64_t kFirstTestImage = 1'000'000;
  DatasetRequest request{.source = study_case.images};
  if (is_procedural(study_case)) {
    request.source = fmt::format("procedural:{}:{}", count, first + (test ? kFirstTestImage : 0));
    return request;
  }
  request.range = {first, count, test};
  if (!test) return request;
  const std::string folder = study_case.images.substr(study_case.images.find(':') + 1);
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with("test_batch")) files.push_back(entry.path().string());
  }
  if (error || files.empty()) throw IoError(printable(folder) + ": has no test_batch*.bin");
  std::sort(files.begin(), files.end());
  request.source = fmt::format("cifar10:{}", fmt::join(files, ","));
  return request;
}

// One stream of procedural images, whatever the seed: as of a file.
Batch images(const StudyCase& study_case, const std::vector<Input>& inputs, bool test, int64_t first,
             int64_t count) {
  constexpr uint64_t kSeed = 1;
  return load_batch(request_of(study_case, test, first, count), inputs, kSeed);
}

void standardize(Batch& batch, const Preprocessing& preprocessing) {
  batch.inputs[0] = preprocessed(batch.inputs[0], preprocessing);
}

// Images as such, for a case that projects them; else what the network takes.
std::vector<Input> inputs_of_images(const StudyCase& study_case, const std::vector<Input>& inputs) {
  if (study_case.project == 0) return inputs;
  return {{"images", {-1, 3, 32, 32}, at::kFloat}};
}

void project(Batch& batch, const StudyCase& study_case, const std::vector<Input>& inputs) {
  if (study_case.project == 0) return;
  if (inputs.size() != 1) reject("study", "projected images are one input", std::to_string(inputs.size()));
  batch.inputs[0] = fitted_to_input(orthogonal_projection(batch.inputs[0], study_case.project), inputs[0]);
}

Batch in_clusters(const Batch& batch, const StudyCase& study_case, uint64_t seed) {
  const Network network = initialize(build_family(study_case.order_by), study_case.initializer, seed).network;
  RunOptions options;
  options.functional = Functional::parse(study_case.functional);
  const at::Tensor clusters = k_means(Execution(network, options).input_gradient(batch), kClusters, seed);
  const at::Tensor order = std::get<1>(clusters.sort(/*stable=*/true, 0, false));
  Batch along_path = batch;
  for (at::Tensor& input : along_path.inputs) input = input.index_select(0, order);
  along_path.labels = batch.labels.index_select(0, order);
  return along_path;
}

}  // namespace

bool runs_on_images(const StudyCase& study_case) {
  return study_case.inputs == kImages || study_case.inputs.starts_with("images:");
}

int64_t image_count(const StudyCase& study_case) {
  constexpr int64_t kOtherwise = 256;
  if (study_case.inputs == kImages) return kOtherwise;
  const auto count = parse_whole_number(std::string_view(study_case.inputs).substr(kImages.size() + 1));
  if (!count || *count < 1) reject("study inputs", "are written images:COUNT", study_case.inputs);
  return *count;
}

Batch image_mini_batch(const StudyCase& study_case, const std::vector<Input>& inputs, uint64_t seed) {
  const int64_t count = image_count(study_case);
  Batch batch = images(study_case, inputs_of_images(study_case, inputs), false,
                       (static_cast<int64_t>(seed) - 1) * count, count);
  standardize(batch, standardization_of(batch.inputs[0]));
  project(batch, study_case, inputs);
  return study_case.order_by.empty() ? batch : in_clusters(batch, study_case, seed);
}

TrainingImages training_images(const StudyCase& study_case, const StudyTraining& training,
                               const std::vector<Input>& inputs) {
  const std::vector<Input> taken = inputs_of_images(study_case, inputs);
  TrainingImages result{images(study_case, taken, false, 0, training.examples),
                        images(study_case, taken, true, 0, training.test_examples)};
  const Preprocessing preprocessing = standardization_of(result.training.inputs[0]);
  for (Batch* batch : {&result.training, &result.test}) {
    standardize(*batch, preprocessing);
    project(*batch, study_case, inputs);
  }
  return result;
}

}  // namespace shatterproof
