// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/activation_raster.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "measure/activity_bits.h"
#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kActivationRaster = "activation_raster";
constexpr const char* kShareName = "activation_raster_share";
constexpr int64_t kMostUnits = 512;
constexpr int64_t kMostNumbers = int64_t{1} << 22;

// Activity of some units of one layer, a bit for each unit and input.
class Raster {
 public:
  Raster(const Tap& tap, int64_t units, int64_t inputs) : tap_(tap), units_(units), inputs_(inputs) {
    const int64_t fitting = std::clamp<int64_t>(kMostNumbers / std::max<int64_t>(1, inputs), 1, kMostUnits);
    shown_ = at::arange(std::min(units, fitting), at::kLong);
    shown_ = at::floor_divide(shown_ * units, std::max<int64_t>(1, shown_.numel()));
    words_.assign(static_cast<size_t>((inputs + 63) / 64),
                  std::vector<uint64_t>(static_cast<size_t>(rows())));
  }

  const Tap& tap() const { return tap_; }

  void add(const at::Tensor& z, int64_t first_input) {
    check_columns(units_, z.size(1));
    const at::Tensor chosen = rows() == units_ ? z : z.index_select(1, shown_.to(z.device()));
    each_activity(chosen.to(at::kCPU), [&](std::span<const ActivityBits> blocks, int64_t first) {
      for (const ActivityBits& bits : blocks) {
        put(bits, static_cast<size_t>(first_input + first));
        first += bits.inputs;
      }
    });
  }

  std::vector<Reading> readings() const {
    if (!finite_) return without(kNotFinite);
    if (rows() == 0) return without("the layer has no units");
    std::vector<double> values;
    values.reserve(static_cast<size_t>(rows() * inputs_));
    for (size_t unit = 0; unit < static_cast<size_t>(rows()); ++unit) {
      for (size_t b = 0; b < static_cast<size_t>(inputs_); ++b)
        values.push_back(static_cast<double>(words_[b / 64][unit] >> (b % 64) & 1));
    }
    const double share = static_cast<double>(rows()) / static_cast<double>(units_);
    return {at_tap(matrix_reading(kActivationRaster, {rows(), inputs_}, std::move(values)), tap_),
            at_tap(scalar_reading(kShareName, share), tap_)};
  }

  static std::vector<Reading> without(const char* reason) {
    return {undefined_reading(kActivationRaster, ReadingType::matrix, reason),
            undefined_reading(kShareName, ReadingType::scalar, reason)};
  }

 private:
  int64_t rows() const { return shown_.numel(); }

  // A mini-batch may begin in the middle of a word.
  void put(const ActivityBits& bits, size_t first) {
    finite_ = finite_ && bits.finite;
    const size_t word = first / 64, shift = first % 64;
    for (size_t unit = 0; unit < bits.words.size(); ++unit) {
      words_[word][unit] |= bits.words[unit] << shift;
      if (shift + static_cast<size_t>(bits.inputs) > 64)
        words_[word + 1][unit] |= bits.words[unit] >> (64 - shift);
    }
  }

  Tap tap_;
  int64_t units_, inputs_;
  at::Tensor shown_;  // indices of units
  std::vector<std::vector<uint64_t>> words_;
  bool finite_ = true;
};

class ActivationRaster : public Measurement {
 public:
  explicit ActivationRaster(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    return context_.along_path && switches_units(tap, options_);
  }
  // The last layer shows itself last: what was kept of one before it is dropped.
  void observe(const ForwardTap& tap) override {
    if (raster_ && tap.tap.order < raster_->tap().order) return;
    const at::Tensor z = as_rows(tap.inputs[0]);
    if (!raster_ || tap.tap.order > raster_->tap().order)
      raster_.emplace(tap.tap, z.size(1), context_.examples);
    raster_->add(z, tap.first_example);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    if (!context_.along_path) return Raster::without(kNotAlongPath);
    return raster_ ? raster_->readings() : Raster::without(kNoRectifier);
  }

 private:
  MeasurementOptions options_;
  std::optional<Raster> raster_;
};

}  // namespace

Reading activation_raster(const at::Tensor& pre_activations) {
  const at::Tensor z = as_rows(pre_activations);
  Raster raster({}, z.size(1), z.size(0));
  raster.add(z, 0);
  return raster.readings().front();
}

MeasurementRecord activation_raster_record() {
  MeasurementRecord record;
  record.name = kActivationRaster;
  record.symbol = "A";
  record.sentence = "Which units of a layer are active on which inputs, as a picture.";
  record.formula = "A_ub = 1 when z_ub > 0, else 0; rows are units, columns ordered inputs";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 4";
  record.type = ReadingType::matrix;
  record.least = 0;
  record.most = 1;
  record.range_note = "1: active, 0: not; over several draws, the fraction of them in which it is";
  record.along_path = true;
  record.order_invariant = false;
  record.undefined_when =
      "inputs without an order, no nonlinearity, or a number that is not finite enters it";
  record.prediction =
      "none: a picture of one draw; activation_fraction and coactivation are what theory speaks of";
  record.companions = {
      {kShareName, "Fraction of the layer's units that the picture shows: every n-th one of a wide layer.",
       ReadingType::scalar, 0, 1, 0}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<ActivationRaster>(options);
  };
  return record;
}

}  // namespace shatterproof
