// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/procedural.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "dataset/limits.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

constexpr int64_t kFigures = 10, kChannels = 3, kSide = 32, kPixels = kSide * kSide;
constexpr double kNoise = 0.1, kMean = 0.5, kDeviation = 0.3;  // of values in [0, 1]

// What an image shows: a figure around a centre, or a texture of a period.
struct Scene {
  int64_t label;
  double x, y, size;     // of a figure, the image being [-1, 1] x [-1, 1]
  double period, phase;  // of a texture
  std::array<double, kChannels> figure, ground;
};

double between(double uniform, double least, double most) {
  return least + uniform * (most - least);
}

Scene scene_of(uint64_t seed, int64_t image) {
  std::array<double, 12> u{};
  RandomStream(seed, fmt::format("procedural.scene_{}", image)).uniform(u);
  Scene scene{static_cast<int64_t>(u[0] * kFigures),
              between(u[1], -.4, .4),
              between(u[2], -.4, .4),
              between(u[3], .3, .55),
              between(u[4], .3, .6),
              u[5],
              {},
              {}};
  for (size_t channel = 0; channel < kChannels; ++channel) {
    // At least .4 apart, so that the figure can be seen.
    scene.ground[channel] = u[6 + channel];
    const double distance = between(u[9 + channel], .4, .6);
    scene.figure[channel] = scene.ground[channel] + (scene.ground[channel] < .5 ? distance : -distance);
  }
  return scene;
}

bool is_striped(double position, const Scene& scene) {
  const double turns = position / scene.period + scene.phase;
  return turns - std::floor(turns) < .5;
}

bool is_dotted(double x, double y, const Scene& scene) {
  const auto from_middle = [&](double position) {
    const double turns = position / scene.period + scene.phase;
    return turns - std::floor(turns) - .5;
  };
  constexpr double kRadius = .3;
  return std::hypot(from_middle(x), from_middle(y)) < kRadius;
}

// Whether the place belongs to the figure.
bool is_figure(double x, double y, const Scene& scene) {
  const double dx = x - scene.x, dy = y - scene.y, size = scene.size;
  switch (scene.label) {
    case 0:
      return std::hypot(dx, dy) < size;
    case 1:
      return std::max(std::abs(dx), std::abs(dy)) < size * .9;
    case 2:
      return dy > -size && dy < size && std::abs(dx) < (dy + size) / 2;
    case 3:
      return std::abs(std::hypot(dx, dy) - size * .8) < size * .25;
    case 4:
      return std::min(std::abs(dx), std::abs(dy)) < size * .25 && std::max(std::abs(dx), std::abs(dy)) < size;
    case 5:
      return is_striped(y, scene);
    case 6:
      return is_striped(x, scene);
    case 7:
      return is_striped((x + y) / std::numbers::sqrt2, scene);
    case 8:
      return is_striped(x, scene) != is_striped(y, scene);
    default:
      return is_dotted(x, y, scene);
  }
}

void draw(uint64_t seed, int64_t image, float* pixels, int64_t* label) {
  const Scene scene = scene_of(seed, image);
  std::vector<double> noise(kChannels * kPixels);
  RandomStream(seed, fmt::format("procedural.noise_{}", image)).gaussian(noise);
  for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
    const auto place = [](int64_t index) { return (2 * static_cast<double>(index) + 1) / kSide - 1; };
    const bool figure = is_figure(place(pixel % kSide), place(pixel / kSide), scene);
    for (int64_t channel = 0; channel < kChannels; ++channel) {
      const auto c = static_cast<size_t>(channel);
      const int64_t at = channel * kPixels + pixel;
      const double value =
          (figure ? scene.figure : scene.ground)[c] + kNoise * noise[static_cast<size_t>(at)];
      pixels[at] = static_cast<float>((value - kMean) / kDeviation);
    }
  }
  *label = scene.label;
}

}  // namespace

Batch procedural_images(int64_t first, int64_t count, uint64_t seed) {
  if (count < 1 || count > kMostNumbers / (kChannels * kPixels)) {
    reject("procedural", fmt::format("images must be from 1 to {}", kMostNumbers / (kChannels * kPixels)),
           std::to_string(count));
  }
  if (first < 0 || first > kMostExamples) {
    reject("procedural", fmt::format("the first image must be from 0 to {}", kMostExamples),
           std::to_string(first));
  }
  Batch batch;
  batch.inputs = {at::empty({count, kChannels, kSide, kSide}, at::kFloat)};
  batch.labels = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    draw(seed, first + i, batch.inputs[0].data_ptr<float>() + i * kChannels * kPixels,
         batch.labels.data_ptr<int64_t>() + i);
  }
  batch.description = fmt::format("procedural, {} examples", count);
  return batch;
}

}  // namespace shatterproof
