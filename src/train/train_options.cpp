// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/train/schedule.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof {

Loss parse_loss(const std::string& text) {
  if (text == "cross_entropy") return Loss::cross_entropy;
  if (text == "dot_product") return Loss::dot_product;
  reject_unknown("train", "loss", text, {"cross_entropy", "dot_product"});
}

std::string TrainOptions::key() const {
  std::string text =
      fmt::format("batch {}, {}, rate {}, {}, loss {}, augmentation {}/{}/{}, {}, seed {}", batch, optimizer,
                  learning_rate, schedule, static_cast<int>(loss), static_cast<int>(augmentation.draw),
                  augmentation.shift, augmentation.flip_probability, c10::toString(dtype), seed);
  if (schedule_of(schedule).depends_on_epochs) text += fmt::format(", {} epochs", epochs);
  for (const auto& [name, factor] : factors) text += fmt::format(", {} {}", name, factor);
  return text;
}

uint64_t redraw_seed(uint64_t seed, int64_t attempt) {
  return hash_name(fmt::format("redraw {} of seed {}", attempt, seed));
}

}  // namespace shatterproof
