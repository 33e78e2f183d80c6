// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/catalog.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>

#include "dataset/range.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/dataset/cifar10.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/dataset/grid.h"
#include "shatterproof/dataset/mnist.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/dataset/path.h"
#include "shatterproof/dataset/procedural.h"
#include "shatterproof/dataset/projection.h"
#include "shatterproof/dataset/teacher.h"

namespace shatterproof {
namespace {

constexpr int64_t kExamples = 256;

const Input& only_input(std::string_view dataset, const std::vector<Input>& inputs) {
  if (inputs.size() == 1) return inputs.front();
  reject(dataset, "the network must have one input", fmt::format("{} inputs", inputs.size()));
}

int64_t whole_number(std::string_view dataset, const std::string& text) {
  const std::optional<int64_t> number = parse_whole_number(text);
  if (!number) reject(dataset, "a number of examples must be a whole number", "'" + text + "'");
  return *number;
}

Batch load_grid(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                uint64_t) {
  const std::string_view rule = "is written grid:from:to:points";
  const size_t first = rest.find(':'), second = rest.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) reject("grid", rule, request.source);
  const std::optional<double> from = parse_number(rest.substr(0, first));
  const std::optional<double> to = parse_number(rest.substr(first + 1, second - first - 1));
  const std::optional<int64_t> points = parse_whole_number(rest.substr(second + 1));
  if (!from || !to || !points) reject("grid", rule, request.source);
  if (request.range.count != 0 && !request.range.or_fewer)
    reject("grid", "has the points it was written with", "a count");
  Batch batch;
  batch.inputs = {fitted_to_input(grid(*from, *to, *points), only_input("grid", inputs))};
  batch.along_path = true;
  batch.description = fmt::format("grid of {} points from {} to {}", *points, *from, *to);
  return batch;
}

Batch load_gaussian(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                    uint64_t seed) {
  // A written number gives way to an asked-for count, not to a default one.
  const ExampleRange& range = request.range;
  const bool written = !rest.empty() && (range.count == 0 || range.or_fewer);
  const int64_t count = range.count != 0 ? range.count : kExamples;
  return gaussian_batch(inputs, written ? whole_number("gaussian", rest) : count, seed, request.vocabulary);
}

Batch load_npy(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
               uint64_t) {
  const NpyArrays arrays = read_npy_arrays(rest, inputs);
  Batch batch;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor& array = arrays.inputs[i];
    const bool numbers = at::isFloatingType(inputs[i].dtype) && !request.preprocessing.is_identity();
    batch.inputs.push_back(
        fitted_to_input(numbers ? preprocessed(array, request.preprocessing) : array, inputs[i]));
    if (array.size(0) != arrays.inputs[0].size(0)) {
      reject("npy", "every array must have as many examples",
             fmt::format("{} and {}", arrays.inputs[0].size(0), array.size(0)));
    }
  }
  const int64_t available = batch.examples();
  if (arrays.labels.defined() && arrays.labels.size(0) != available) {
    reject("npy", "there must be one label per example",
           fmt::format("{} labels for {} examples", arrays.labels.size(0), available));
  }
  batch.labels = arrays.labels;
  const ExampleRange range = resolved_range("npy", request.range, available);
  batch = batch.slice(range.first, range.count);
  batch.description =
      fmt::format("{}, {} examples", std::filesystem::path(rest).filename().string(), range.count);
  return batch;
}

// "PATH,project=100": the path, and to how many numbers images are projected; 0: they are not.
struct ImageSource {
  std::string path;
  int64_t numbers = 0;
};

ImageSource image_source(std::string_view dataset, const std::string& rest) {
  constexpr std::string_view kProject = ",project=";
  const size_t at = rest.rfind(kProject);
  if (at == std::string::npos) return {rest, 0};
  const std::string text = rest.substr(at + kProject.size());
  const std::optional<int64_t> numbers = parse_whole_number(text);
  if (!numbers || *numbers < 1) reject(dataset, "project must be a whole number from 1", "'" + text + "'");
  return {rest.substr(0, at), *numbers};
}

template <Images (*Read)(const std::string&, const ExampleRange&)>
Batch load_images(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                  uint64_t) {
  const std::string name = request.source.substr(0, request.source.find(':'));
  const Input& input = only_input(name, inputs);
  const ImageSource source = image_source(name, rest);
  const Images images = Read(source.path, request.range);
  const at::Tensor pixels = preprocessed(images.pixels, request.preprocessing);
  Batch batch;
  batch.inputs = {source.numbers > 0 ? fitted_to_input(orthogonal_projection(pixels, source.numbers), input)
                                     : images_for_input(pixels, input, request.layout)};
  batch.labels = images.labels;
  batch.description = fmt::format("{}, {} examples", name, images.pixels.size(0));
  return batch;
}

Batch load_procedural(const std::string& rest, const DatasetRequest& request,
                      const std::vector<Input>& inputs, uint64_t seed) {
  const size_t colon = rest.find(':');
  const std::string count = rest.substr(0, colon);
  const ExampleRange& range = request.range;
  const bool written = !count.empty() && (range.count == 0 || range.or_fewer);
  const int64_t first = colon == std::string::npos ? 0 : whole_number("procedural", rest.substr(colon + 1));
  Batch batch = procedural_images(
      first, written ? whole_number("procedural", count) : (range.count != 0 ? range.count : kExamples),
      seed);
  batch.inputs[0] = images_for_input(batch.inputs[0], only_input("procedural", inputs), request.layout);
  return batch;
}

Batch load_teacher(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                   uint64_t seed) {
  constexpr int64_t kClasses = 10;
  const size_t first = rest.find(':'),
               second = rest.find(':', first == std::string::npos ? first : first + 1);
  const auto number = [&](const std::string& text, int64_t otherwise) {
    return text.empty() ? otherwise : whole_number("teacher", text);
  };
  const auto part = [&](size_t from, size_t to) {
    return from == std::string::npos ? std::string() : rest.substr(from + 1, to - from - 1);
  };
  const ExampleRange& range = request.range;
  const int64_t asked = range.count != 0 ? range.count : kExamples;
  const bool written = range.count == 0 || range.or_fewer;
  return teacher_batch(only_input("teacher", inputs), number(part(first, second), 0),
                       written ? number(rest.substr(0, first), asked) : asked,
                       number(part(second, std::string::npos), kClasses), seed);
}

Batch load_path(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                uint64_t seed) {
  const size_t colon = rest.find(':');
  const std::string points = rest.substr(0, colon);
  DatasetRequest base = request;
  base.source = colon == std::string::npos ? "gaussian" : rest.substr(colon + 1);
  const Batch batch = load_batch(base, inputs, seed);
  if (batch.along_path) reject("path", "runs between examples of unordered data", base.source);
  return path_between_examples(batch, points.empty() ? kExamples : whole_number("path", points));
}

}  // namespace

std::span<const DatasetRecord> datasets() {
  static const std::vector<DatasetRecord> table = {
      {"grid", "grid:FROM:TO:POINTS", "Evenly spaced points for a network with a scalar input.", true, false,
       true, load_grid},
      {"gaussian", "gaussian[:EXAMPLES]",
       "Standard normal inputs of the network's own shapes, new ones with every seed.", false, false, true,
       load_gaussian},
      {"npy", "[npy:]FILE.npy, npy:FOLDER or npy:input=FILE.npy,input=FILE.npy",
       "NumPy arrays, one per input, axis 0 the examples; labels.npy or labels=FILE.npy brings labels.",
       false, true, false, load_npy},
      {"procedural", "procedural[:EXAMPLES[:FIRST]]",
       "Labelled images of ten shapes and textures, drawn from the seed; FIRST (0) sets training and test "
       "examples apart.",
       false, true, true, load_procedural},
      {"teacher", "teacher[:EXAMPLES[:FIRST[:CLASSES]]]",
       "Standard normal inputs labelled by a random network; FIRST (0) sets training and test examples "
       "apart, CLASSES is 10.",
       false, true, true, load_teacher},
      {"cifar10", "cifar10:FILE[,FILE...] or cifar10:FOLDER, then ,project=K or not",
       "CIFAR-10 images and labels in the binary layout; projected to K numbers by a random orthogonal map.",
       false, true, false, load_images<read_cifar10>},
      {"mnist", "mnist:FILE or mnist:FOLDER, then ,project=K or not",
       "MNIST images and labels in idx format, gzipped or not; projected as those of cifar10.", false, true,
       false, load_images<read_mnist>},
      {"path", "path[:POINTS[:SOURCE]]",
       "The straight line between the first two examples of another source (gaussian unless given).", true,
       false, false, load_path},
  };
  return table;
}

const DatasetRecord* find_dataset(std::string_view name) {
  for (const DatasetRecord& record : datasets()) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

Batch load_batch(const DatasetRequest& request, const std::vector<Input>& inputs, uint64_t seed) {
  const std::string& source = request.source;
  const size_t colon = source.find(':');
  const std::string name = source.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : source.substr(colon + 1);
  if (inputs.empty()) reject("inputs", "the network must have an input", "none");
  if (const DatasetRecord* record = find_dataset(name)) {
    if (record->generated && (!request.preprocessing.is_identity() || request.range.first != 0)) {
      reject(name, "scale, mean, std and first speak of files", source);
    }
    if (!record->generated && rest.empty() && record->name != "path") {
      reject(name, "is written " + record->syntax, source);
    }
    return record->load(rest, request, inputs, seed);
  }
  if (source.ends_with(".npy")) return load_npy(source, request, inputs, seed);
  if (source.ends_with(".npz")) {
    const std::string folder = source.substr(0, source.size() - std::string_view(".npz").size());
    reject("inputs",
           fmt::format(
               "arrays of an archive are read from a folder: python3 -m zipfile -e {0} {1}, then npy:{1}",
               source, folder),
           source);
  }
  std::vector<std::string> known;
  for (const DatasetRecord& record : datasets()) known.push_back(record.name);
  known.push_back("FILE.npy");
  reject_unknown("inputs", "data set", name, known);
}

}  // namespace shatterproof
