// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/study/study.h"

namespace shatterproof {

/// Whether a case runs on images: its inputs are "images" or "images:COUNT".
bool runs_on_images(const StudyCase& study_case);

/// COUNT of these inputs, 256 unless written. Throws std::invalid_argument when it is no number from 1.
int64_t image_count(const StudyCase& study_case);

/// The mini-batch of a seed: examples [(seed - 1) COUNT, seed COUNT) of the training images, brought to mean
/// 0 and standard deviation 1 per channel. With `order_by`, the examples of a cluster stand together: of ten
/// that k-means finds among their gradients in the network which that names, drawn with the same seed.
Batch image_mini_batch(const StudyCase& study_case, const std::vector<Input>& inputs, uint64_t seed);

struct TrainingImages {
  Batch training, test;
};
/// The first training and test images, brought to mean 0 and standard deviation 1 of the training ones, and
/// then projected where the case says so.
TrainingImages training_images(const StudyCase& study_case, const StudyTraining& training,
                               const std::vector<Input>& inputs);

}  // namespace shatterproof
