// SPDX-License-Identifier: Apache-2.0
#include "train/random_task.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "network/movement.h"
#include "shatterproof/core/random.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/taps.h"
#include "train/output_reach.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostClasses = 8;
constexpr int64_t kMostPositions = 8;
// How far apart labels want logits to be: cosines are multiplied by 10 to 64 where classes are told by them.
constexpr double kSpanOfLogits = 20;

// The last layer before the logits.
std::optional<Layer> last_layer(const Network& network) {
  const int64_t last = maker_of_logits(network);
  std::optional<Layer> nearest;
  for (Layer& layer : structure(network).layers) {
    if (static_cast<int64_t>(layer.node) <= last) nearest = std::move(layer);
  }
  return nearest;
}

// Channels of what a convolution made are axis 1.
int64_t class_axis_of(const std::optional<Layer>& last, const at::Tensor& output) {
  if (output.dim() < 3) return 1;
  return last && last->kind == LayerKind::convolution ? 1 : output.dim() - 1;
}

// Whether all numbers of an answer are one unit's, each with an offset of its own, as with ordinal
// thresholds: no class of these can be told apart from those beside it.
bool is_one_score(const std::optional<Layer>& last, const at::Tensor& table, int64_t class_axis) {
  constexpr double kRounding = 1e-4;
  if (!last || last->fan_out != 1 || table.size(class_axis) < 2 || table.size(0) < 2) return false;
  const at::Tensor numbers = table.detach().to(at::kDouble).movedim(class_axis, -1);
  const at::Tensor apart = numbers - numbers.mean(0, /*keepdim=*/true);
  const at::Tensor between = apart - apart.mean(-1, /*keepdim=*/true);
  const double size = apart.abs().max().item<double>();
  return size > 0 && between.abs().max().item<double>() <= kRounding * size;
}

// Whether no number [examples, positions, numbers] is below the one before it, and some are above.
bool rises(const at::Tensor& answers) {
  const at::Tensor steps = answers.detach().diff(1, -1);
  return steps.ge(0).all().item<bool>() && steps.gt(0).any().item<bool>();
}

// Which logits tell examples apart at all, where others are the same for every one, as the first of a masked
// autoencoder, which sees no input. Undefined where all do, or hardly any.
at::Tensor varying(const at::Tensor& logits) {
  constexpr int64_t kFewest = 2;
  const at::Tensor spread = logits.detach().amax(0).sub(logits.detach().amin(0)).amax(0);
  const at::Tensor places = spread.gt(0).nonzero().flatten().cpu();
  return places.numel() < kFewest || places.numel() == spread.numel() ? at::Tensor() : places;
}

// Places of so many: the last ones of equal stretches, which of a causal sequence have seen something.
at::Tensor last_of_stretches(int64_t all, int64_t most = kMostPositions) {
  const int64_t stretches = std::min(most, all);
  return (at::arange(1, stretches + 1, at::kLong) * all).floor_divide(stretches) - 1;
}

// How many different answers the examples get at each position of a table [examples, positions, numbers].
at::Tensor different_answers(const at::Tensor& table) {
  at::Tensor count = at::zeros({table.size(1)}, at::kLong);
  for (int64_t i = 0; i < table.size(0); ++i) {
    const at::Tensor before = table.narrow(0, 0, i), one = table.narrow(0, i, 1);
    count += before.eq(one).all(-1).any(0).logical_not().to(at::kLong).cpu();
  }
  return count;
}

// The given positions, or those of more where examples get more answers: of a sparse image, as of a detector,
// many see next to nothing, and the same of all examples.
at::Tensor telling_positions(const at::Tensor& table, const at::Tensor& given) {
  constexpr int64_t kCandidates = 8;  // for each of the given ones
  const auto counted = [&](const at::Tensor& positions) {
    return different_answers(table.detach().index_select(1, positions.to(table.device())));
  };
  const int64_t examples = table.size(0), all = table.size(1), asked = given.numel();
  if (all == asked) return given;
  const auto fewest = counted(given).min().item<int64_t>();
  if (fewest == examples) return given;
  const int64_t candidates = std::min(all, kCandidates * asked);
  const at::Tensor stretches = last_of_stretches(all, candidates), count = counted(stretches);
  const at::Tensor best = std::get<1>(count.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
  const at::Tensor chosen = stretches.index_select(0, best.narrow(0, 0, asked));
  return count.max().item<int64_t>() > fewest ? std::get<0>(chosen.sort()) : given;
}

at::Tensor normals(at::IntArrayRef sizes, uint64_t seed, const char* name) {
  at::Tensor drawn = at::empty(sizes, at::kDouble);
  RandomStream(seed, name).gaussian({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return drawn;
}

// Standardized over the examples, along as many random directions as there are answers of one.
at::Tensor along_directions(const at::Tensor& numbers, at::IntArrayRef sizes, uint64_t seed,
                            const char* name) {
  const int64_t directions = c10::multiply_integers(sizes.slice(1));
  const at::Tensor along = numbers.mm(normals({numbers.size(1), directions}, seed, name));
  return ((along - along.mean(0, true)) / along.std(0, /*unbiased=*/false, true).clamp_min(1e-12))
      .reshape(sizes);
}

at::Tensor drawn_numbers(const at::Tensor& numbers, at::IntArrayRef sizes, uint64_t seed, const char* name) {
  return numbers.defined() ? along_directions(numbers, sizes, seed, name) : normals(sizes, seed, name);
}

// Equally many of each class at every position, in an order of its own, or in that of `drawn`.
at::Tensor balanced_labels(const at::Tensor& drawn, int64_t classes, bool in_order) {
  const at::Tensor order = drawn.argsort(0, false);
  if (!in_order) return order.remainder(classes);
  return (order.argsort(0, false) * classes).floor_divide(drawn.size(0));
}

// Apart as the network's own outputs are; never below a tenth of their size, which only rounding may be.
double scale_of(const at::Tensor& output) {
  constexpr double kTenth = .1, kNothing = 1e-12;
  const at::Tensor numbers = output.detach().to(at::kDouble);
  const double size = numbers.square().mean().sqrt().item<double>();
  const double apart =
      numbers.size(0) < 2 ? 0 : numbers.var(0, /*unbiased=*/false).mean().sqrt().item<double>();
  const double scale = std::max(apart, kTenth * size);
  return std::isfinite(scale) && scale > kNothing ? scale : 1;
}

// Within a reach whose ends are of the shape of `output`.
at::Tensor targets_within(const OutputReach& reach, const at::Tensor& output, const at::Tensor& drawn) {
  constexpr double kMargin = .2;  // of the reach, kept from its ends
  if (reach.least.defined() && reach.most.defined()) {
    const at::Tensor margin = kMargin * (reach.most - reach.least);
    return at::where(drawn.gt(0), reach.most - margin, reach.least + margin);
  }
  // A readout can make numbers of any size; where they begin tiny, that is no task.
  const double scale = std::max(1.0, scale_of(output));
  const at::Tensor numbers = output.detach().to(at::kDouble);
  if (reach.is_bounded()) {
    const bool below = reach.least.defined();
    const at::Tensor& bound = below ? reach.least : reach.most;
    const at::Tensor within = bound + (below ? scale : -scale) * drawn.abs();
    // At its bound a rectifier has no gradient: such examples stay where they are, unless all are there.
    constexpr double kRounding = 1e-6;
    const at::Tensor rests = (numbers - bound).abs().le(kRounding * bound.abs());
    return rests.all().item<bool>() ? within : at::where(rests, bound, within);
  }
  return numbers.mean(0, /*keepdim=*/true) + scale * drawn;
}

// Anywhere between the least and the largest of the numbers [examples, positions, numbers], as they rise or
// fall: what makes their order may keep them within bounds, too.
at::Tensor targets_in_order(const at::Tensor& output, const at::Tensor& drawn) {
  const at::Tensor numbers = output.detach().to(at::kCPU, at::kDouble);
  const at::Tensor share = .5 * (1 + (drawn / std::sqrt(2.)).erf());
  const at::Tensor targets = numbers.min() + (numbers.max() - numbers.min()) * share;
  return std::get<0>(targets.sort(/*dim=*/-1, /*descending=*/!rises(numbers)));
}

}  // namespace

RandomTask::RandomTask(const Network& network, const at::Tensor& output, uint64_t seed,
                       const Asking& asking) {
  constexpr int64_t kSides = 2;
  task_.follows_inputs = asking.numbers.defined();
  OutputReach reach = output_reach(network, output);
  const std::optional<Layer> last = last_layer(network);
  class_axis_ = class_axis_of(last, output);
  const at::Tensor table = output.dim() < 2 ? output.unsqueeze(1) : output;
  const int64_t numbers = table.size(class_axis_), examples = table.size(0);
  const int64_t all = numbers == 0 ? 0 : table.numel() / (examples * numbers);
  positions_ = telling_positions(all_positions(output), last_of_stretches(all));
  if (asking.sight) look(*asking.sight);
  if (asking.one_position) positions_ = positions_.narrow(0, positions_.numel() - 1, 1);
  task_.positions = positions_.numel();
  const std::string each =
      task_.positions == 1 ? fmt::format("for each of {} examples", examples)
                           : fmt::format("at {} positions of each of {} examples", task_.positions, examples);
  const bool is_open = !reach.least.defined() || !reach.most.defined();
  // A final softmax says that they are logits, though a rectifier be in front of it.
  const bool are_logits = !reach.is_bounded() || reach.of_unit_length ||
                          (is_open && final_softmax(network, network.outputs().front()));
  const bool is_score = is_one_score(last, table, class_axis_);
  if (numbers >= 2 && are_logits && !is_score && !asking.in_order) {
    // A shut rectifier's may open.
    if (!reach.is_bounded() && !asking.sight) logits_ = varying(all_numbers(output));
    const int64_t most = logits_.defined() ? logits_.numel() : numbers;
    task_.classes = numbers_ = task_.follows_inputs ? kSides : std::min(most, kMostClasses);
    if (logits_.defined()) logits_ = logits_.narrow(0, 0, numbers_);
    task_.sentence =
        task_.follows_inputs ? fmt::format("on which side of a plane through the inputs it lies, {}", each)
        : asking.one_label
            ? fmt::format("a random label of {} for each of {} examples, at all of its positions",
                          task_.classes, examples)
            : fmt::format("a random label of {} {}", task_.classes, each);
    if (asking.one_position) task_.sentence += ", at its last position";
    if (asking.sight) task_.sentence += ", by outputs that see most of the inputs";
    if (reach.of_unit_length) {
      sharpness_ = std::max(1.0, kSpanOfLogits / (reach.most - reach.least).max().item<double>());
      if (sharpness_ > 1)
        task_.sentence += fmt::format(", outputs of bounded length times {:.3g}", sharpness_);
    }
    const int64_t labels = asking.one_label ? 1 : task_.positions;
    answers_ = balanced_labels(drawn_numbers(asking.numbers, {examples, labels}, seed, "rehearsal/labels"),
                               task_.classes, task_.follows_inputs)
                   .expand({examples, task_.positions})
                   .contiguous();
    return;
  }
  task_.kind = RehearsalTask::Kind::targets;
  if (is_score) logits_ = at::Tensor();
  numbers_ = is_score ? 1 : logits_.defined() ? logits_.numel() : numbers;
  task_.sentence =
      fmt::format("{} {}{}", task_.follows_inputs ? "linear functions of the inputs" : "random targets", each,
                  asking.in_order ? ", in order of size" : "");
  const at::Tensor made = chosen(output);
  for (at::Tensor* end : {&reach.least, &reach.most}) {
    if (end->defined()) *end = chosen(end->to(output.device()).expand_as(output)).cpu();
  }
  const at::Tensor drawn = drawn_numbers(asking.numbers, made.sizes(), seed, "rehearsal/targets");
  answers_ = targets_within(reach, made.cpu(), drawn);
  constexpr int64_t kOfPositions = 1, kOfNumbers = 2;
  if (reach.rises_along)
    answers_ = std::get<0>(answers_.sort(*reach.rises_along == class_axis_ ? kOfNumbers : kOfPositions));
  if (asking.in_order) answers_ = targets_in_order(made, drawn);
}

bool RandomTask::is_in_order(const at::Tensor& output) const {
  const at::Tensor made = chosen(output);
  return rises(made) || rises(-made);
}

// [examples, all positions, all that is given there].
at::Tensor RandomTask::all_positions(const at::Tensor& output) const {
  const at::Tensor table = output.dim() < 2 ? output.unsqueeze(1) : output;
  const at::Tensor last = table.movedim(class_axis_, -1);
  return last.reshape({last.size(0), -1, last.size(-1)});
}

// [examples, positions, all that is given there].
at::Tensor RandomTask::all_numbers(const at::Tensor& output) const {
  return all_positions(output).index_select(1, positions_.to(output.device()));
}

// Positions and numbers that see at least half of what any sees, those that see most first.
void RandomTask::look(const Sight& sight) {
  constexpr int64_t kHalf = 2, kFewest = 2;
  seen_ = sight.seen;
  const at::Tensor parts = all_positions(seen_).sum(0);
  const at::Tensor at_position = parts.amax(1);
  const at::Tensor seeing = (kHalf * at_position).ge(at_position.max()).nonzero().flatten();
  positions_ = seeing.index_select(0, last_of_stretches(seeing.numel()));
  const auto [of_number, order] =
      parts.index_select(0, positions_).sum(0).sort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
  const auto asked = (kHalf * of_number).ge(of_number[0]).sum().item<int64_t>();
  logits_ = order.narrow(0, 0, std::min(std::max(asked, kFewest), order.numel()));
}

at::Tensor RandomTask::seen_parts() const {
  return seen_.defined() ? chosen(seen_).flatten(1).any(1) : at::Tensor();
}

// [examples, positions, numbers]. Of more logits than classes the first, so that nothing has to be learned
// about those that no example has; of what is one score its first.
at::Tensor RandomTask::chosen(const at::Tensor& output) const {
  const at::Tensor picked = all_numbers(output);
  return logits_.defined() ? picked.index_select(2, logits_.to(output.device()))
                           : picked.narrow(2, 0, numbers_);
}

at::Tensor RandomTask::loss_of_answers(const at::Tensor& made) const {
  const at::Tensor answers = answers_.to(made.device());
  if (task_.kind == RehearsalTask::Kind::labels)
    return at::nll_loss(at::log_softmax(sharpness_ * made, -1).flatten(0, 1), answers.flatten());
  return (made - answers.to(made.scalar_type())).square().mean();
}

// Logits are those of the loss, targets have their own mean and size.
at::Tensor RandomTask::loss_of_rows(const at::Tensor& rows) const {
  const at::Tensor made = rows.view({-1, task_.positions, numbers_});
  if (task_.kind == RehearsalTask::Kind::labels) return loss_of_answers(made / sharpness_);
  return loss_of_answers(made * std::sqrt(constant_loss()) + answers_.mean(0, /*keepdim=*/true));
}

double RandomTask::constant_loss() const {
  if (task_.kind == RehearsalTask::Kind::targets)
    return answers_.var(0, /*unbiased=*/false).mean().item<double>();
  const at::Tensor shares = at::one_hot(answers_, task_.classes).to(at::kDouble).mean(0);
  return -(shares * shares.clamp_min(1e-300).log()).sum(-1).mean().item<double>();
}

}  // namespace shatterproof
