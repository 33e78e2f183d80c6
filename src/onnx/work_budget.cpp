// SPDX-License-Identifier: Apache-2.0
#include "onnx/work_budget.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

thread_local WorkBudget* present = nullptr;

}  // namespace

WorkBudget::WorkBudget() : outer_(present) {
  if (outer_ == nullptr) present = this;
}

WorkBudget::~WorkBudget() {
  if (outer_ == nullptr) present = nullptr;
}

void allow_work(double numbers) {
  if (present != nullptr && present->left_ >= 0) present->left_ += WorkBudget::kPerNumber * numbers;
}

void charge_work(double numbers) {
  throw_if_interrupted();
  if (present == nullptr) return;
  present->left_ = numbers <= present->left_ ? present->left_ - numbers : -1;
  require_within_budget();
}

void require_within_budget() {
  if (present == nullptr) return;
  if (!(present->left_ >= 0))
    reject("model", "trying it out must not compute many times more numbers than it holds", "too many");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - present->start_;
  if (taken.count() > WorkBudget::kMostSeconds)
    reject("model", fmt::format("trying it out must take at most {} s", WorkBudget::kMostSeconds), "more");
}

}  // namespace shatterproof
