// SPDX-License-Identifier: Apache-2.0
// Writes exported networks with an input and the outputs we compute for it, for other programs to recompute:
// second_opinion FOLDER [ONNX FILES FOLDER]. FOLDER/NAME.onnx, FOLDER/NAME/inputs/I.npy and outputs/I.npy, I
// counting the network's inputs and outputs.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "shatterproof/remedy/apply.h"
#include "shatterproof/remedy/catalog.h"
#include "tests/onnx/families.h"
#include "tests/onnx/network_outputs.h"

namespace shatterproof {
namespace {

constexpr int64_t kExamples = 3;
constexpr int64_t kExamplesOfStatistics = 16;  // fewer leave batch statistics to rounding

void write_opinion(const Network& network, const std::filesystem::path& stem, BatchStatistics batch_norm) {
  const Batch batch =
      random_batch(network, batch_norm == BatchStatistics::attached ? kExamplesOfStatistics : kExamples);
  const std::vector<at::Tensor> outputs = outputs_of(network, batch, batch_norm);
  const auto write = [&](const char* kind, const std::vector<at::Tensor>& tensors) {
    std::filesystem::create_directories(stem / kind);
    for (size_t i = 0; i < tensors.size(); ++i)
      write_npy((stem / kind / fmt::format("{}.npy", i)).string(), tensors[i]);
  };
  write("inputs", batch.inputs);
  write("outputs", outputs);
  export_onnx(network, stem.string() + ".onnx");
  fmt::print("{}\n", stem.filename().string());
}

// Every form of every change that a graph can be rewritten for.
void write_changed(const std::filesystem::path& folder) {
  for (const char* spec :
       {"feedforward:depth=3,width=12,input=12,output=5,activation=tanh",
        "residual:depth=4,width=12,input=12,output=5", "conv_feedforward:depth=4,width=8,norm=none",
        "transformer_post_norm:depth=2,width=12,heads=4,tokens=5,activation=relu,mlp_ratio=2"}) {
    const Network network = initialize(build_family(spec), "he", 1).network;
    for (const RemedyRecord& record : remedies()) {
      for (const Remedy& form : record.forms) {
        const std::optional<Changed> made = changed(network, random_batch(network, kExamples), form, 1);
        if (!made) continue;
        const std::string name =
            fmt::format("{}_{}_{}_{}", spec, record.name, form.scheme, form.value.value_or(0));
        write_opinion(made->network, folder / file_stem(name), BatchStatistics::stored);
      }
    }
  }
}

void write_all(const std::filesystem::path& folder, const std::filesystem::path& models) {
  for (const char* spec : kFamilySpecs)
    write_opinion(initialize(build_family(spec), "he", 1).network, folder / file_stem(spec),
                  BatchStatistics::attached);
  write_changed(folder);
  if (models.empty()) return;
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string stem = entry.path().stem().string();
    Network network = import_onnx(entry.path()).network;
    // These come with constant weights: every channel the same, and logits so large that rounding decides.
    if (stem.starts_with("light_")) network = initialize(network, "lecun", 1).network;
    write_opinion(network, folder / stem, BatchStatistics::stored);
  }
}

}  // namespace
}  // namespace shatterproof

int main(int count, char** arguments) {
  try {
    if (count < 2) throw std::invalid_argument("second_opinion FOLDER [ONNX FILES FOLDER]");
    shatterproof::write_all(arguments[1], count > 2 ? arguments[2] : "");
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "second_opinion: {}\n", error.what());
    return 1;
  }
}
