// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace shatterproof {

/// What the numbers are that enter a network. A channel is axis 1 of an image or a sequence of features, a
/// column of a vector.
struct InputFacts {
  bool real = false;      ///< whether there are inputs of floating type
  bool prepared = false;  ///< whether the network itself normalizes them before its first layer
  /// Whether every layer that reads them is normalized before anything bends, which takes one scale of all of
  /// them out again, in the gradients too.
  bool normalized_behind = false;
  double mean = 0;       ///< of all numbers
  double deviation = 1;  ///< standard deviation of all numbers; 1 where there are fewer than two
  double least = 0, greatest = 0;
  bool whole = false;  ///< whether all numbers are whole
  int64_t not_finite = 0;
  int64_t channels = 0, constant_channels = 0;
  /// Largest |mean| of a channel over its deviation, or over the root mean square one of all where that is
  /// larger: what hardly varies is no more than a shift.
  double largest_offset = 0;
  /// Largest deviation of a channel over the median one, among those that vary; of a channel of mostly zeros
  /// and else positive numbers, as counts, the root mean square of those counts for its deviation.
  double deviation_ratio = 1;
  std::string widest;  ///< "column 3", the channel of the largest deviation

  /// Whole numbers of the size of bytes: images that nobody has scaled.
  bool are_bytes() const { return whole && least >= 0 && greatest > 16 && greatest <= 255; }
};

/// What a loss takes the outputs for.
enum class LossInput {
  unknown,            ///< no loss was given, or another one
  class_logits,       ///< it takes a softmax of them, as torch.nn.CrossEntropyLoss
  logits,             ///< it takes a sigmoid of them, as torch.nn.BCEWithLogitsLoss
  log_probabilities,  ///< as torch.nn.NLLLoss
  broadcast,          ///< numbers that are compared with others than their own, as (N, 1) with (N)
};

/// What comes out, where it can be taken for logits: K >= 2 numbers for each example, or for each position.
struct OutputFacts {
  int64_t classes = 0;   ///< K; 0 where the output is nothing of the kind
  int64_t examples = 0;  ///< whose numbers these are
  double initial_loss =
      0;  ///< mean cross entropy with a label drawn at random, in nats; ln K for equal logits
  double logit_deviation = 0;  ///< of the logits of one example, root mean square over examples
  std::string rectifier;       ///< that makes the output; else empty
  std::string last;            ///< node that makes the outputs, what only moves numbers aside
  std::string last_op;         ///< its operator
  LossInput loss_takes = LossInput::unknown;
  std::optional<double> least, most;  ///< what the outputs can be, whatever the last weights are; empty: open
  bool are_cosines = false;           ///< of vectors of length 1, scaled or not
  int64_t shut_outputs = 0;           ///< of the K that it makes: those that are zero for every example
  /// A final softmax over an axis of one number, which gives the same whatever enters; else empty.
  std::string softmax_of_one;
  /// Share of the examples whose label has the largest logit; empty where the batch has no labels.
  std::optional<double> accuracy;

  /// Whether more than half of the way from guessing to all of them is answered right.
  bool are_right() const { return accuracy && 2 * *accuracy > 1 + 1 / static_cast<double>(classes); }
};

}  // namespace shatterproof
