// SPDX-License-Identifier: Apache-2.0
#include "run/projection.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

constexpr int64_t kStreamAlignment = 4;

// Elements [first, first + count) of a stream, whatever first is, rounded to float32 and then widened again.
at::Tensor draw(const std::string& name, uint64_t seed, int64_t first, int64_t count) {
  const int64_t skipped = first % kStreamAlignment;
  at::Tensor drawn = at::empty({count + skipped}, at::kDouble);
  RandomStream(seed, name)
      .gaussian({drawn.data_ptr<double>(), static_cast<size_t>(count + skipped)},
                static_cast<uint64_t>(first - skipped));
  return drawn.narrow(0, skipped, count).to(at::kFloat);
}

at::Tensor logits_of(const Functional& functional, const at::Tensor& output) {
  if (output.dim() < 2) {
    reject("functional " + functional.text(), "the output must have classes along axis 1",
           fmt::format("shape [{}]", fmt::join(output.sizes(), ", ")));
  }
  return output.flatten(1);
}

at::Tensor one_logit(const Functional& functional, const at::Tensor& output) {
  const at::Tensor logits = logits_of(functional, output);
  if (functional.logit >= logits.size(1)) {
    reject("functional " + functional.text(), fmt::format("K must be below the {} outputs", logits.size(1)),
           std::to_string(functional.logit));
  }
  at::Tensor gradient = at::zeros_like(logits);
  gradient.select(1, functional.logit).fill_(1);
  return gradient.view(output.sizes());
}

at::Tensor cross_entropy(const Functional& functional, const at::Tensor& output, const at::Tensor& labels) {
  if (!labels.defined()) reject("functional loss", "the inputs must have labels", "none");
  const at::Tensor logits = logits_of(functional, output);
  if (labels.min().item<int64_t>() < 0 || labels.max().item<int64_t>() >= logits.size(1)) {
    reject("functional loss", fmt::format("labels must be below the {} outputs", logits.size(1)),
           std::to_string(labels.max().item<int64_t>()));
  }
  at::Tensor gradient = at::softmax(logits, 1);
  gradient.scatter_add_(1, labels.to(logits.device()).unsqueeze(1),
                        at::full({logits.size(0), 1}, -1, logits.options()));
  return gradient.view(output.sizes());
}

}  // namespace

at::Tensor output_gradient(const Functional& functional, const std::string& output_name,
                           const at::Tensor& output, const at::Tensor& labels, uint64_t seed,
                           int64_t first_example) {
  const at::NoGradGuard no_gradient;
  switch (functional.kind) {
    case Functional::Kind::sum:
      return at::ones_like(output);
    case Functional::Kind::random: {
      const int64_t numbers = output.dim() == 0 ? 1 : output[0].numel();
      const at::Tensor v = draw("functional.random." + output_name, seed, 0, numbers).to(output.options());
      return output.dim() == 0 ? v.view({}) : v.view(output[0].sizes()).expand_as(output);
    }
    case Functional::Kind::probe: {
      const int64_t numbers = output.dim() == 0 ? 1 : output[0].numel();
      const at::Tensor v =
          draw("functional.probe." + output_name, seed, first_example * numbers, output.numel());
      return v.to(output.options()).view(output.sizes());
    }
    case Functional::Kind::logit:
      return one_logit(functional, output);
    case Functional::Kind::loss:
      return cross_entropy(functional, output, labels);
  }
  return {};
}

}  // namespace shatterproof
