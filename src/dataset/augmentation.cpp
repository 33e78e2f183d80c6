// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/augmentation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

struct Change {
  int64_t down = 0, right = 0;
  bool flipped = false;
};

struct ImageShape {
  int64_t channels, height, width;
};

// The element-th change of a stream: three of four uniforms.
Change drawn_change(const Augmentation& augmentation, const RandomStream& stream, int64_t element) {
  std::array<double, 4> uniform{};
  stream.uniform(uniform, static_cast<uint64_t>(element) * uniform.size());
  const auto shifted = [&](double u) {
    const int64_t places = 2 * augmentation.shift + 1;
    return std::min(static_cast<int64_t>(u * static_cast<double>(places)), places - 1) - augmentation.shift;
  };
  return {shifted(uniform[0]), shifted(uniform[1]), uniform[2] < augmentation.flip_probability};
}

template <typename T>
void write_row(const T* from, T* to, int64_t width, const Change& change) {
  const int64_t first = std::max<int64_t>(0, change.right), last = std::min(width, width + change.right);
  std::fill(to, to + width, T{0});
  if (first < last) std::copy(from + (first - change.right), from + (last - change.right), to + first);
  if (change.flipped) std::reverse(to, to + width);
}

// Shifted, then mirrored.
template <typename T>
void write_image(const T* from, T* to, const ImageShape& shape, const Change& change) {
  for (int64_t channel = 0; channel < shape.channels; ++channel) {
    for (int64_t row = 0; row < shape.height; ++row) {
      const int64_t source = row - change.down;
      T* target = to + (channel * shape.height + row) * shape.width;
      if (source < 0 || source >= shape.height) {
        std::fill(target, target + shape.width, T{0});
      } else {
        write_row(from + (channel * shape.height + source) * shape.width, target, shape.width, change);
      }
    }
  }
}

template <typename T>
void write_rows(const at::Tensor& images, const Augmentation& augmentation, const AugmentedRows& rows,
                at::Tensor& out) {
  const int64_t numbers = images.size(0) == 0 ? 0 : images.numel() / images.size(0);
  const T* from = images.data_ptr<T>();
  T* to = out.data_ptr<T>();
  if (augmentation.draw == Augmentation::Draw::none) {
    for (const int64_t example : rows.examples)
      to = std::copy(from + example * numbers, from + (example + 1) * numbers, to);
    return;
  }
  const ImageShape shape{images.size(1), images.size(2), images.size(3)};
  const bool together = augmentation.draw == Augmentation::Draw::batch;
  const RandomStream stream(
      rows.seed, fmt::format("augmentation.{}.epoch_{}", together ? "batch" : "image", rows.epoch));
  for (const int64_t example : rows.examples) {
    const Change change = drawn_change(augmentation, stream, together ? rows.mini_batch : example);
    write_image(from + example * numbers, to, shape, change);
    to += numbers;
  }
}

}  // namespace

Augmentation Augmentation::parse(const std::string& text) {
  if (text == "none") return {Draw::none};
  if (text == "image") return {Draw::image};
  if (text == "batch") return {Draw::batch};
  reject_unknown("augmentation", "kind", text, {"none", "image", "batch"});
}

at::Tensor augmented(const at::Tensor& images, const Augmentation& augmentation, const AugmentedRows& rows) {
  constexpr int64_t kImageAxes = 4;
  if (augmentation.draw != Augmentation::Draw::none &&
      (images.dim() != kImageAxes || !images.is_floating_point())) {
    reject("augmentation", "examples must be images [examples, channels, height, width]",
           fmt::format("[{}]", fmt::join(images.sizes(), ", ")));
  }
  std::vector<int64_t> sizes = images.sizes().vec();
  sizes[0] = static_cast<int64_t>(rows.examples.size());
  at::Tensor out = at::empty(sizes, images.options());
  switch (images.scalar_type()) {
    case at::kFloat:
      write_rows<float>(images, augmentation, rows, out);
      break;
    case at::kDouble:
      write_rows<double>(images, augmentation, rows, out);
      break;
    case at::kLong:
      write_rows<int64_t>(images, augmentation, rows, out);
      break;
    default:
      reject("augmentation", "examples must be float32, float64 or int64",
             c10::toString(images.scalar_type()));
  }
  return out;
}

}  // namespace shatterproof
