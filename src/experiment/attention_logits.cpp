// SPDX-License-Identifier: Apache-2.0
#include "experiment/attention_logits.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "experiment/attention_scores.h"

namespace shatterproof {
namespace {

constexpr const char* kAttentionLogits = "attention_logits";
constexpr const char* kEntropyName = "attention_entropy";
constexpr const char* kHeadsName = "attention_entropy_of_heads";
constexpr const char* kNoAttention = "no attention: the network shows no softmax of queries and keys";
// What masks add is larger, and no logit of a network that runs is.
constexpr double kMasked = 1000;

struct Attention {
  AttentionScores place;  // without its scores
  double largest = 0;
  std::vector<double> entropies;  // per head, summed over rows
  int64_t rows = 0;               // per head
  bool is_finite = true;

  double entropy() const {
    return std::accumulate(entropies.begin(), entropies.end(), 0.0) /
           (static_cast<double>(rows) * static_cast<double>(entropies.size()));
  }
};

void add(const AttentionScores& scores, Attention& attention) {
  attention.place = {scores.name, scores.node, scores.depth, {}};
  const at::Tensor z = scores.logits.to(at::kDouble);
  if (!(z.isfinite() | z.isneginf()).all().item<bool>()) attention.is_finite = false;
  if (z.numel() == 0 || !attention.is_finite) return;
  const at::Tensor largest = z.amax(-1, true);
  const at::Tensor allowed = (z > largest - kMasked) & (largest > -kMasked);
  attention.largest =
      std::max(attention.largest, z.abs().masked_fill(allowed.logical_not(), 0).max().item<double>());
  const at::Tensor keys = allowed.sum(-1).to(at::kDouble);
  const at::Tensor has_entropy = keys > 1;
  const at::Tensor p = at::softmax(z.masked_fill(allowed.logical_not(), -2 * kMasked), -1);
  const at::Tensor entropy = at::special_entr(p).sum(-1) / keys.clamp_min(2).log();
  const at::Tensor of_heads =
      entropy.masked_fill(has_entropy.logical_not(), 0).sum(at::IntArrayRef{0, 2}).contiguous().cpu();
  attention.entropies.resize(static_cast<size_t>(of_heads.numel()));
  for (int64_t h = 0; h < of_heads.numel(); ++h)
    attention.entropies[static_cast<size_t>(h)] += of_heads[h].item<double>();
  // Masks are alike for all heads.
  attention.rows += has_entropy.select(1, 0).sum().item<int64_t>();
}

std::vector<Reading> no_attention_logits(const char* reason) {
  std::vector<Reading> readings;
  for (const char* name : {kAttentionLogits, kEntropyName, kHeadsName})
    readings.push_back(undefined_reading(name, ReadingType::curve, reason));
  return readings;
}

Reading of_heads(const Attention& attention) {
  std::vector<double> heads, entropies;
  for (size_t h = 0; h < attention.entropies.size(); ++h) {
    heads.push_back(static_cast<double>(h));
    entropies.push_back(attention.entropies[h] / static_cast<double>(attention.rows));
  }
  Reading reading = curve_reading(kHeadsName, "head", std::move(heads), std::move(entropies));
  reading.tap = attention.place.name;
  reading.depth = attention.place.depth;
  return reading;
}

std::vector<Reading> attention_logits(const ExperimentRun& run) {
  std::map<size_t, Attention> attentions;
  const size_t all = for_each_attention(run.source, run.batch, run.options, [&](const AttentionScores& one) {
    if (run.measurement.tap.empty() || run.measurement.tap == one.name) add(one, attentions[one.node]);
  });
  if (all == 0) return no_attention_logits(kNoAttention);
  if (attentions.empty()) return no_attention_logits("no attention runs in sight there");
  Reading logits = curve_reading(kAttentionLogits, "depth", {}, {});
  Reading entropies = curve_reading(kEntropyName, "depth", {}, {});
  std::vector<Reading> heads;
  for (const auto& [node, attention] : attentions) {
    if (!attention.is_finite) return no_attention_logits("not finite: a NaN or an infinity enters a softmax");
    const bool has_entropy = attention.rows > 0;
    for (Reading* curve : {&logits, &entropies}) {
      curve->x.push_back(attention.place.depth);
      curve->x_labels.push_back(attention.place.name);
    }
    logits.values.push_back(attention.largest);
    entropies.values.push_back(has_entropy ? attention.entropy() : std::numeric_limits<double>::quiet_NaN());
    if (has_entropy) heads.push_back(of_heads(attention));
  }
  constexpr const char* kOneKey = "every query has one key: there is nothing to choose";
  std::vector<Reading> readings = {logits};
  readings.push_back(heads.empty() ? undefined_reading(kEntropyName, ReadingType::curve, kOneKey)
                                   : entropies);
  if (heads.empty()) heads = {undefined_reading(kHeadsName, ReadingType::curve, kOneKey)};
  readings.insert(readings.end(), heads.begin(), heads.end());
  return readings;
}

}  // namespace

ExperimentRecord attention_logits_record() {
  ExperimentRecord record;
  record.name = kAttentionLogits;
  record.symbol = "max |z|";
  record.sentence = "The largest number that enters the softmax of each attention.";
  record.formula = "max over examples, heads, queries and allowed keys of |q.k / sqrt d|";
  record.reference =
      "Zhai et al. 2023, Stabilizing transformer training by preventing attention entropy collapse; Dehghani "
      "et al. 2023, Scaling vision transformers to 22 billion parameters";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "0: every key is alike; above 50 or so a softmax chooses one key and has no gradient";
  record.needs = Needs::graph;
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "no attention, no more than one key for every query, or a logit that is not finite";
  record.prediction = "none here: its page gives the line of Gaussian logits";
  record.companions = {
      {kEntropyName,
       "Mean entropy of the probabilities of each attention, relative to that of equal ones over the keys "
       "that the mask allows.",
       ReadingType::curve, 0, 1, 0, SeedMean::arithmetic},
      {kHeadsName, "The same of every head of one attention.", ReadingType::curve, 0, 1, 0,
       SeedMean::arithmetic}};
  record.run = attention_logits;
  return record;
}

}  // namespace shatterproof
