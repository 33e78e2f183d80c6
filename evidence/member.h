// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

/// Labelled images for training, and others to test on.
struct Task {
  std::string name;  ///< "mnist", "cifar10"
  shatterproof::Batch train, test;
};

/// The first 4096 training images and 1000 others of what lies in `folder`/mnist or `folder`/cifar10, each
/// channel brought to mean 0 and deviation 1, or whole numbers from 0 to 255 as they come. `shape` is that of
/// the network's input. Throws IoError when they are not there.
Task task_of(const std::string& name, const std::string& folder, bool standardizes,
             const shatterproof::Network& network);

/// One network of the population.
struct Member {
  int64_t index = 0;
  std::string family;  ///< with its options
  std::string scheme;  ///< of its initial weights
  std::string task;    ///< a Task's name
  bool scaled = true;  ///< whether its inputs are
  int64_t depth = 0;   ///< nonlinear layers, or blocks of a transformer
};

/// Member `index`, a pure function of the number: eight families x depth x width x nonlinearity x norm x
/// branch scale x initial weights, drawn independently; one in sixteen sees unscaled inputs.
Member member(int64_t index);

/// The network with its initial weights.
shatterproof::Network drawn(const Member& member);

/// What each task is measured by: one hidden layer of 128 rectifiers, He's weights.
Member reference_of(const std::string& task);
