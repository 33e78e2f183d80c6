// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/sample_files.h"

#include <ATen/ATen.h>

#include <limits>
#include <string>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/onnx/export.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli {
namespace {

namespace fs = std::filesystem;

Network image_network(bool bias) {
  NetworkBuilder builder("images");
  std::string x = builder.input("image", {3, 32, 32});
  ConvolutionOptions convolution;
  convolution.name = bias ? "layer_1_fused_bn" : "layer_1";  // as optimizers that fold name it
  convolution.channels_in = 3;
  convolution.channels_out = 4;
  convolution.bias = bias;
  x = builder.activation(builder.convolution(x, convolution), "relu_1", "relu");
  x = builder.node("Flatten", "flat", {builder.node("GlobalAveragePool", "pool", {x})});
  LinearOptions linear;
  linear.name = "classes";
  linear.fan_in = 4;
  linear.fan_out = 10;
  builder.output(builder.linear(x, linear));
  return initialize(builder.build(), "he", 1).network;
}

std::string big_endian(int value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

void write_digits(const fs::path& folder) {
  const std::string images =
      big_endian(0x803) + big_endian(2) + big_endian(28) + big_endian(28) + std::string(2 * 28 * 28, '\7');
  const std::string labels = big_endian(0x801) + big_endian(2) + std::string("\3\4");
  write_bytes(folder / "t10k-images-idx3-ubyte", images);
  write_bytes(folder / "t10k-labels-idx1-ubyte", labels);
  write_bytes(folder / "short-images-idx3-ubyte", images.substr(0, images.size() / 2));
  write_bytes(folder / "short-labels-idx1-ubyte", labels);
  write_bytes(folder / "header-images-idx3-ubyte", images.substr(0, 7));
  write_bytes(folder / "wrong-images-idx3-ubyte", "PNG." + images.substr(4));
}

void write_truncated(const fs::path& good, const char* stem, std::initializer_list<double> parts) {
  const std::string bytes = bytes_of(good);
  for (const double part : parts) {
    const auto kept = static_cast<size_t>(part * static_cast<double>(bytes.size()));
    write_bytes(good.parent_path() /
                    (stem + std::to_string(static_cast<int>(100 * part)) + good.extension().string()),
                bytes.substr(0, kept));
  }
}

void write_all(const fs::path& folder) {
  const Network model =
      initialize(build_family("feedforward:depth=2,width=6,input=5,output=3"), "he", 1).network;
  export_onnx(model, folder / "model.onnx");
  Network broken = model;
  const Parameter& first = model.parameters().front();
  broken.set_parameter(first.name, at::full_like(first.value, std::numeric_limits<double>::quiet_NaN()));
  export_onnx(broken, folder / "nan.onnx");
  export_onnx(image_network(false), folder / "images.onnx");
  export_onnx(image_network(true), folder / "folded.onnx");
  write_truncated(folder / "model.onnx", "cut", {0.01, 0.1, 0.5, 0.9, 0.99});
  write_bytes(folder / "empty.onnx", "");
  write_bytes(folder / "weights.pt", "\x80\x02\x8a\nl\xfc\x9c, as PyTorch wrote once");
  write_bytes(folder / "text.onnx", "this is no model\n");
  fs::create_directories(folder / "folder.onnx");

  const at::Tensor five = at::arange(40, at::kFloat).reshape({8, 5}) / 40;
  write_npy((folder / "five.npy").string(), five);
  fs::create_directories(folder / "labelled");
  const std::string input = model.inputs().front().name;
  write_npy((folder / "labelled" / (input + ".npy")).string(), five);
  write_npy((folder / "labelled" / "labels.npy").string(), at::arange(8, at::kLong).remainder(3));
  fs::create_directories(folder / "mislabelled");
  write_npy((folder / "mislabelled" / (input + ".npy")).string(), five);
  write_npy((folder / "mislabelled" / "labels.npy").string(), at::arange(8, at::kLong));
  write_npy((folder / "seven.npy").string(), at::zeros({8, 7}));
  write_truncated(folder / "five.npy", "cut", {0.02, 0.3, 0.9});
  write_bytes(folder / "text.npy", "this is no array\n");

  std::string records;
  for (char label = 0; label < 4; ++label)
    records += label + std::string(3072, static_cast<char>(40 * label));
  write_bytes(folder / "cifar.bin", records);
  write_bytes(folder / "cut.bin", records.substr(0, records.size() - 100));
  write_bytes(folder / "label.bin", '\x63' + records.substr(1));
  write_digits(folder);

  run({"measure", (folder / "model.onnx").string(), "effective_rank", "--json",
       (folder / "readings.jsonl").string()});

  write_bytes(folder / "broken.toml", "title = 'a\n");
  write_bytes(folder / "misspelt.toml", "titel = 'a'\n");
  write_bytes(folder / "unmeasured.toml",
              "title = 'a'\n[[case]]\nname = 'a'\nnetwork = 'shallow'\nmeasure = 'temperature'\n");
  write_bytes(folder / "unplaced.toml",
              "title = 'a'\n[sweep]\nnetwork = 'feedforward'\nmeasure = 'gradient_correlation'\n"
              "[sweep.axes]\ndpeth = [2]\n");
  write_bytes(folder / "swept.toml",
              "title = 'swept'\n[sweep]\nnetwork = 'feedforward:width=8,input=4'\ninputs = 'gaussian:8'\n"
              "seeds = 2\nmeasure = 'gradient_correlation'\n[sweep.axes]\ndepth = [2, 4]\n");
  write_bytes(folder / "partly_impossible.toml",
              "title = 'a'\n[sweep]\nnetwork = 'transformer_pre_norm:tokens=2,input=12,depth=1'\n"
              "inputs = 'gaussian:8'\nseeds = 1\nmeasure = 'gradient_correlation'\n"
              "[sweep.axes]\nwidth = [12, 8]\nheads = [1, 3]\n");
  write_bytes(folder / "small.toml",
              "title = 'small'\n[[case]]\nname = 'a'\nnetwork = 'feedforward:depth=2,width=8'\n"
              "inputs = 'grid:-1:1:16'\nseeds = 2\nmeasure = 'gradient_autocorrelation'\n"
              "[[case.claim]]\nat = 0\nexpected = 1\ntolerance = 1e-6\nprovenance = 'D'\n");
  write_bytes(folder / "failing.toml",
              "title = 'failing'\n[[case]]\nname = 'a'\nnetwork = 'feedforward:depth=2,width=8'\n"
              "inputs = 'grid:-1:1:16'\nseeds = 2\nmeasure = 'gradient_autocorrelation'\n"
              "[[case.claim]]\nat = 0\nexpected = 2\ntolerance = 1e-6\nprovenance = 'D'\n");
  write_bytes(folder / "silent.toml",
              "title = 'silent'\n[[case]]\nname = 'a'\nnetwork = 'feedforward:depth=2,width=8'\n"
              "inputs = 'grid:-1:1:16'\nseeds = 2\nmeasure = 'gradient_autocorrelation'\n"
              "[[case.claim]]\nat = 0\nexpected = nan\nprovenance = 'D'\n");
  write_bytes(folder / "endless.toml",
              "title = 'endless'\n[[case]]\nname = 'a'\nnetwork = 'shallow'\nmeasure = 'coactivation'\n"
              "[[case.claim]]\nexpected = 1\ntolerance = inf\nprovenance = 'D'\n");
  write_bytes(folder / "bad.toml", "[shattered\n");
  write_bytes(folder / "unknown.toml", "[shattered]\nnonsense = 1\n");
  write_bytes(folder / "nan.toml", "[shattered]\nwatch_length = nan\n");
}

}  // namespace

const fs::path& samples() {
  static const fs::path& folder = [&]() -> const fs::path& {
    write_all(scratch());
    return scratch();
  }();
  return folder;
}

}  // namespace shatterproof::cli
