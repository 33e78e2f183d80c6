// SPDX-License-Identifier: Apache-2.0
#include "cli/subject.h"

#include <fmt/format.h>

#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/error.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostSeeds = 100'000;
constexpr int64_t kFamilySeeds = 5;

bool looks_like_path(const std::string& text) {
  return text.ends_with(".onnx") || text.find('/') != std::string::npos || std::filesystem::exists(text);
}

Subject subject_from_file(const Arguments& arguments) {
  ImportOptions options;
  options.memory_limit = bytes("--memory", arguments.memory).value_or(0);
  options.shapes = named_sizes("--shape", arguments.shape);
  ImportedModel model = import_onnx(arguments.network, options);
  Subject subject;
  subject.network = std::move(model.network);
  subject.description = arguments.network;
  subject.from_file = true;
  subject.folded = model.folded_normalization;
  subject.fixed_batch = model.batch_axis == BatchAxis::fixed ? model.batch : 0;
  subject.notes = std::move(model.notes);
  return subject;
}

void reject_folded(const Subject& subject, bool as_is) {
  if (!subject.folded || as_is) return;
  throw std::invalid_argument(
      subject.description +
      ": batch norm was folded into the convolutions at export; new weights would judge another network. Export "
      "again with torch.onnx.export(..., training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False), "
      "from PyTorch 2.9 on with dynamo=True, optimize=False, or add --as-is");
}

}  // namespace

Subject load_subject(const Arguments& arguments) {
  const std::string& name = arguments.network;
  if (name.empty()) {
    throw std::invalid_argument(
        "NETWORK is missing: an ONNX file, or a family such as residual:depth=50,norm=batch");
  }
  const bool family = find_family(name.substr(0, name.find(':'))) != nullptr;
  if (!family && looks_like_path(name)) return subject_from_file(arguments);
  if (!arguments.shape.empty()) reject("--shape", "speaks of axes that a file leaves free", "the family " + name);
  Subject subject;
  subject.network = build_family(name);
  subject.description = name;
  return subject;
}

Draws draws_of(const Subject& subject, const Arguments& arguments) {
  Draws draws;
  draws.scheme = !arguments.init.empty() ? arguments.init
                 : subject.from_file     ? ""
                                         : default_initializer(subject.description);
  draws.first_seed = static_cast<uint64_t>(whole_number("--seed", arguments.seed, 1, 0, int64_t{1} << 62));
  if (draws.scheme.empty() && !arguments.seeds.empty() &&
      whole_number("--seeds", arguments.seeds, 1, 1, kMostSeeds) > 1) {
    reject("--seeds", "a file's own weights are one draw; add --init SCHEME to draw others", arguments.seeds);
  }
  draws.count =
      whole_number("--seeds", arguments.seeds, draws.scheme.empty() ? 1 : kFamilySeeds, 1, kMostSeeds);
  if (!arguments.init.empty()) reject_folded(subject, arguments.as_is);
  return draws;
}

Network drawn_network(const Subject& subject, const Draws& draws, uint64_t seed,
                      std::vector<std::string>* notes) {
  if (draws.scheme.empty()) return subject.network;
  Initialization drawn = initialize(subject.network, draws.scheme, seed);
  if (notes != nullptr) notes->insert(notes->end(), drawn.notes.begin(), drawn.notes.end());
  return std::move(drawn.network);
}

}  // namespace shatterproof::cli
