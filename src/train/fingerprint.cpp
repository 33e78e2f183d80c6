// SPDX-License-Identifier: Apache-2.0
#include "train/fingerprint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <type_traits>

#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// Four lanes of eight bytes at a time, each multiplied and rotated: as fast as memory is read.
class Digest {
 public:
  void add(const void* data, size_t count) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    size_t done = 0;
    for (; done + kBlock <= count; done += kBlock) add_block(bytes + done);
    std::array<unsigned char, kBlock> rest{};
    std::memcpy(rest.data(), bytes + done, count - done);
    add_block(rest.data());
    lanes_[0] ^= mixed(count);
  }

  uint64_t value() const {
    uint64_t hash = 0;
    for (const uint64_t lane : lanes_) hash = mixed(hash ^ lane);
    return hash;
  }

 private:
  static constexpr size_t kWord = sizeof(uint64_t), kLanes = 4, kBlock = kLanes * kWord;
  static constexpr uint64_t kOdd = 0x9e3779b97f4a7c15U;  // 2^64 over the golden ratio

  static uint64_t mixed(uint64_t word) {
    constexpr int kHalf = 32;
    word = (word ^ (word >> kHalf)) * kOdd;
    return word ^ (word >> kHalf);
  }

  void add_block(const unsigned char* block) {
    constexpr int kRotation = 31;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      uint64_t word = 0;
      std::memcpy(&word, block + lane * kWord, kWord);
      lanes_[lane] = std::rotl((lanes_[lane] ^ word) * kOdd, kRotation);
    }
  }

  std::array<uint64_t, kLanes> lanes_ = {1, 2, 3, 4};
};

// So many rows of a tensor at a time, so that a view need not be copied whole.
void add_numbers(Digest& digest, const at::Tensor& tensor) {
  constexpr int64_t kRows = 256;
  const std::string shape =
      fmt::format("{}[{}]", c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ","));
  digest.add(shape.data(), shape.size());
  const at::Tensor rows = tensor.dim() > 0 ? tensor : tensor.unsqueeze(0);
  for (int64_t first = 0; first < rows.size(0); first += kRows) {
    const at::Tensor part =
        rows.narrow(0, first, std::min(kRows, rows.size(0) - first)).to(at::kCPU).contiguous();
    digest.add(part.data_ptr(), part.nbytes());
  }
}

uint64_t hash_of(const at::Tensor& tensor) {
  Digest digest;
  add_numbers(digest, tensor);
  return digest.value();
}

std::string text_of(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, at::Tensor>) {
          return fmt::format("{:016x}", hash_of(value));
        } else {
          return fmt::format("{}", value);
        }
      },
      attribute);
}

std::string text_of(const Node& node) {
  std::string text = fmt::format("{}@{}({})->{}", node.op, node.opset, fmt::join(node.inputs, ","),
                                 fmt::join(node.outputs, ","));
  for (const auto& [name, attribute] : node.attributes)
    text += fmt::format(" {}={}", name, text_of(attribute));
  return text + ";";
}

// The stored statistics of batch norms, which training sets.
std::set<std::string> stored_statistics(const Network& network) {
  constexpr size_t kMean = 3, kVariance = 4;
  std::set<std::string> names;
  for (const Node& node : network.nodes()) {
    if (node.op != "BatchNormalization") continue;
    for (const size_t input : {kMean, kVariance}) {
      if (input < node.inputs.size()) names.insert(node.inputs[input]);
    }
  }
  return names;
}

// With its values where training leaves them as they are.
std::string text_of(const Parameter& parameter, bool is_fixed) {
  std::string text =
      fmt::format("{}:{}{}[{}]", parameter.name, parameter.trainable ? "trained " : "",
                  c10::toString(parameter.value.scalar_type()), fmt::join(parameter.value.sizes(), ","));
  if (is_fixed) text += fmt::format("{:016x}", hash_of(parameter.value));
  return text + ";";
}

}  // namespace

std::string fingerprint(const Network& network) {
  std::string text;
  for (const Input& input : network.inputs())
    text += fmt::format("{}:{}[{}];", input.name, c10::toString(input.dtype), fmt::join(input.shape, ","));
  for (const Node& node : network.nodes()) text += text_of(node);
  const std::set<std::string> statistics = stored_statistics(network);
  for (const Parameter& parameter : network.parameters())
    text += text_of(parameter, !parameter.trainable && !statistics.contains(parameter.name));
  text += fmt::format("{}", fmt::join(network.outputs(), ","));
  return fmt::format("a network of {} nodes and {} parameters, {:016x}", network.nodes().size(),
                     network.parameter_count(), hash_name(text));
}

std::string fingerprint_of_weights(const Network& network) {
  Digest digest;
  const std::set<std::string> statistics = stored_statistics(network);
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.trainable || statistics.contains(parameter.name)) add_numbers(digest, parameter.value);
  }
  return fmt::format("{:016x}", digest.value());
}

std::string fingerprint(const Batch& examples) {
  Digest digest;
  for (const at::Tensor& input : examples.inputs) add_numbers(digest, input);
  if (examples.labels.defined()) add_numbers(digest, examples.labels);
  return fmt::format("{} examples {:016x}", examples.examples(), digest.value());
}

}  // namespace shatterproof
