// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "member.h"

/// One training: 320 steps of 64 examples.
struct Attempt {
  std::string optimizer;
  double rate = 0;
  double accuracy = 0;  ///< on the test images, the best after an epoch
  int64_t steps = 0;    ///< of the epochs that ended: until `enough`, or all; 0 where the first diverged
};

/// Adam at 1e-3, 3e-4 and 3e-3, then SGD with momentum .9 at 1e-2, 1e-1 and 1e-3, until one reaches `enough`.
std::vector<Attempt> attempts(const shatterproof::Network& network, const Task& task, double enough);

double best_accuracy(const std::vector<Attempt>& attempts);
