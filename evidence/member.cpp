// SPDX-License-Identifier: Apache-2.0
#include "member.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <vector>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/random.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/initializer/catalog.h"

using namespace shatterproof;

namespace {

// Choices of one member, one uniform number each.
class Choices {
 public:
  explicit Choices(int64_t index) {
    RandomStream(static_cast<uint64_t>(index), "population").uniform(numbers_);
  }

  template <typename T>
  const T& of(std::span<const T> all) {
    const double number = numbers_.at(next_++);
    return all[static_cast<size_t>(number * static_cast<double>(all.size()))];
  }
  bool one_in(int64_t n) { return numbers_.at(next_++) * static_cast<double>(n) < 1; }

 private:
  std::array<double, 16> numbers_{};
  size_t next_ = 0;
};

constexpr int kDepths[] = {2, 5, 10, 16, 24, 32, 48}, kFewBlocks[] = {2, 4, 8, 12, 18},
              kConvolutions[] = {2, 6, 10, 16, 24};
constexpr int kWidths[] = {16, 32, 64, 128}, kChannels[] = {8, 16};
const std::vector<std::string> kFamilies = {"feedforward",
                                            "feedforward",
                                            "feedforward",
                                            "feedforward",
                                            "feedforward",
                                            "residual",
                                            "residual",
                                            "residual",
                                            "highway_gated",
                                            "dense",
                                            "transformer_pre_norm",
                                            "transformer_post_norm",
                                            "transformer_post_norm",
                                            "conv_feedforward",
                                            "conv_residual",
                                            "conv_residual"};
const std::vector<std::string> kActivations = {"relu", "relu", "tanh", "gelu", "selu", "leaky_relu"};
const std::vector<std::string> kNorms = {"none", "none", "batch", "layer"};
const std::vector<std::string> kSchemes = {
    "he",      "he",         "glorot",           "lecun",           "pytorch",
    "pytorch", "orthogonal", "gaussian:std=.02", "gaussian:std=.1", "gaussian:std=.3"};
const std::vector<std::string> kBranches = {"1", "1", "0.2"};

template <typename T, size_t N>
std::span<const T> all(const T (&values)[N]) {
  return values;
}

}  // namespace

Member member(int64_t index) {
  Choices choices(index);
  Member made;
  made.index = index;
  const std::string family = choices.of<std::string>(kFamilies);
  const std::string activation = choices.of<std::string>(kActivations),
                    norm = choices.of<std::string>(kNorms), beta = choices.of<std::string>(kBranches);
  made.scheme = choices.of<std::string>(kSchemes);
  made.scaled = !choices.one_in(16);
  made.task = family.starts_with("conv") ? "cifar10" : "mnist";
  if (family.starts_with("transformer")) {
    made.depth = choices.of(all(kFewBlocks));
    made.family = fmt::format("{}:tokens=28,input=28,width={},heads=4,depth={},output=10,beta={}", family,
                              choices.of(all(kWidths)) / 4 + 16, made.depth, beta);
  } else if (family.starts_with("conv")) {
    made.depth = choices.of(all(kConvolutions));
    made.family =
        fmt::format("{}:width={},depth={},output=10,norm={},activation={}", family,
                    choices.of(all(kChannels)), made.depth, norm == "batch" ? "batch" : "none", activation);
    if (family == "conv_residual") made.family += ",beta=" + beta;
  } else {
    made.depth = choices.of(all(kDepths));
    made.family =
        fmt::format("{}:input=784,width={},depth={},output=10", family, choices.of(all(kWidths)), made.depth);
    if (family != "highway_gated") made.family += ",activation=" + activation;
    made.family += ",norm=" + norm;
    if (family == "residual") made.family += ",beta=" + beta;
  }
  return made;
}

Network drawn(const Member& member) {
  return initialize(build_family(member.family), member.scheme, static_cast<uint64_t>(member.index) + 1)
      .network;
}

Member reference_of(const std::string& task) {
  Member made;
  made.family = fmt::format("feedforward:input={},width=128,depth=1,output=10", task == "mnist" ? 784 : 3072);
  made.scheme = "he";
  made.task = task;
  made.depth = 1;
  return made;
}

Task task_of(const std::string& name, const std::string& folder, bool standardizes, const Network& network) {
  constexpr int64_t kTrain = 4096, kTest = 1000;
  DatasetRequest request;
  request.source = fmt::format("{}:{}/{}", name, folder, name);
  request.range = {0, kTrain + kTest};
  Batch images = load_batch(request, network.inputs(), 1);
  if (standardizes) images = standardized(images);
  return {name, images.slice(0, kTrain), images.slice(kTrain, kTest)};
}
