// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

/// Query, key and value as [batch, heads, positions, numbers].
struct Heads {
  at::Tensor q, k, v;
  bool side_by_side = false;  ///< they came as [batch, positions, heads times numbers]
};

// 16-bit floats are computed with as float32: the CPU multiplies no others.
at::Tensor widened(const at::Tensor& x) {
  return is_half(x) ? x.to(at::kFloat) : x;
}

at::Tensor in_heads(const OperatorCall& call, size_t i, int64_t heads) {
  const at::Tensor x = widened(floating_input(call, i));
  if (x.dim() == 4) return x;
  if (x.dim() != 3) reject_call(call, fmt::format("input {} has 3 or 4 axes", i), shape_text(x.sizes()));
  if (heads < 1 || x.size(2) % heads != 0)
    reject_call(call, fmt::format("q_num_heads and kv_num_heads divide the last axis of input {}", i),
                fmt::format("{} and {}", heads, shape_text(x.sizes())));
  return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

Heads heads_of(const OperatorCall& call) {
  const int64_t queries = call.node.integer("q_num_heads", 0), keys = call.node.integer("kv_num_heads", 0);
  Heads heads{in_heads(call, 0, queries), in_heads(call, 1, keys), in_heads(call, 2, keys),
              input_of(call, 0).dim() == 3};
  const at::Tensor &q = heads.q, &k = heads.k, &v = heads.v;
  if (k.size(1) < 1 || q.size(1) % k.size(1) != 0 || v.size(1) != k.size(1))
    reject_call(call, "heads of the query are a multiple of those of key and value",
                fmt::format("{}, {} and {}", q.size(1), k.size(1), v.size(1)));
  if (q.size(3) != k.size(3) || k.size(2) != v.size(2))
    reject_call(
        call, "query and key have equally many numbers, key and value equally many positions",
        fmt::format("{}, {} and {}", shape_text(q.sizes()), shape_text(k.sizes()), shape_text(v.sizes())));
  return heads;
}

/// Each head of key or value once for every head of the query that shares it.
at::Tensor for_every_query(const at::Tensor& x, int64_t heads) {
  return x.size(1) == heads ? x : x.repeat_interleave(heads / x.size(1), 1);
}

/// Positions that a query may not attend to get minus infinity: those after it (causal), shifted by what came
/// before, those outside its window, and padding. Undefined when there are none.
at::Tensor hidden_positions(const OperatorCall& call, const at::Tensor& scores, int64_t past) {
  const int64_t queries = scores.size(2), keys = scores.size(3);
  const auto options = scores.options().dtype(at::kLong);
  const bool padded = has_input(call, 6);
  const at::Tensor valid = padded ? input_of(call, 6).to(options).reshape({-1, 1, 1, 1}) : at::Tensor();
  const at::Tensor column = at::arange(keys, options).reshape({1, 1, 1, keys});
  // Where the first query stands among the keys.
  const at::Tensor first = padded && past == 0 ? valid - queries : at::full({1, 1, 1, 1}, past, options);
  const at::Tensor place = at::arange(queries, options).reshape({1, 1, queries, 1}) + first;
  at::Tensor hidden;
  const auto hide = [&](const at::Tensor& more) {
    hidden = hidden.defined() ? at::logical_or(hidden, more) : more;
  };
  if (call.node.integer("is_causal", 0) != 0) hide(column > place);
  if (const int64_t left = call.node.integer("left_window_size", -1); left >= 0) hide(column < place - left);
  if (const int64_t right = call.node.integer("right_window_size", -1); right >= 0)
    hide(column > place + right);
  if (padded) hide(column >= valid);
  return hidden;
}

/// The mask that is given, to be added to the scores; a mask for fewer keys hides the others.
at::Tensor added_mask(const OperatorCall& call, const at::Tensor& scores) {
  at::Tensor mask = input_of(call, 3);
  const double hidden = -std::numeric_limits<double>::infinity();
  if (mask.scalar_type() == at::kBool) {
    mask = at::zeros(mask.sizes(), scores.options()).masked_fill(at::logical_not(mask), hidden);
  }
  if (mask.dim() > 0 && mask.size(-1) < scores.size(3) && mask.size(-1) != 1)
    mask = at::constant_pad_nd(mask, {0, scores.size(3) - mask.size(-1)}, hidden);
  check_broadcast(call, scores, mask);
  return mask.to(scores.scalar_type());
}

/// Y = softmax(scale Q K^T + mask) V head by head. A query that may attend to nothing gets zero.
std::vector<at::Tensor> attention(const OperatorCall& call) {
  const Heads heads = heads_of(call);
  at::Tensor k = heads.k, v = heads.v;
  int64_t past = 0;
  if (has_input(call, 4) != has_input(call, 5))
    reject_call(call, "past key and value come together", "one of them");
  if (has_input(call, 4)) {
    past = input_of(call, 4).size(2);
    k = at::cat({widened(floating_input(call, 4)), k}, 2);
    v = at::cat({widened(floating_input(call, 5)), v}, 2);
  }
  const int64_t count = heads.q.size(1);
  const at::Tensor keys = for_every_query(k, count), values = for_every_query(v, count);
  check_size(call, {heads.q.size(0), count, heads.q.size(2), keys.size(2)}, heads.q.element_size());
  const double scale = call.node.number("scale", 1 / std::sqrt(static_cast<double>(heads.q.size(3))));
  const at::Tensor raw = at::matmul(heads.q * std::sqrt(scale), keys.transpose(2, 3) * std::sqrt(scale));
  const double cap = call.node.number("softcap", 0);
  const at::Tensor capped = cap > 0 ? at::tanh(raw / cap) * cap : raw;
  const at::Tensor hidden = hidden_positions(call, raw, past);
  at::Tensor biased = has_input(call, 3) ? capped + added_mask(call, capped) : capped;
  if (hidden.defined()) biased = biased.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  at::Tensor weights = at::softmax(biased, -1);
  if (hidden.defined() || has_input(call, 3)) {
    const at::Tensor blind = at::isneginf(biased.detach()).all(-1, /*keepdim=*/true);
    weights = weights.masked_fill(blind, 0);
  }
  const at::Tensor y = at::matmul(weights, values);
  const at::Tensor shown[] = {raw, capped, biased, weights};
  const int64_t mode = call.node.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    reject_call(call, "qk_matmul_output_mode is from 0 to 3", fmt::format("{}", mode));
  const at::ScalarType type = call.inputs[0].scalar_type();
  const at::Tensor result = heads.side_by_side ? y.transpose(1, 2).flatten(2) : y;
  return {result.to(type), k.to(call.inputs[1].scalar_type()), v.to(call.inputs[2].scalar_type()),
          shown[mode].to(type)};
}

/// The last axis as two.
at::Tensor split_last(const at::Tensor& x, int64_t outer, int64_t inner) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = outer;
  sizes.push_back(inner);
  return x.reshape(sizes);
}

/// Turns pairs of numbers of every head by the angle of their position.
std::vector<at::Tensor> rotary_embedding(const OperatorCall& call) {
  const at::Tensor& given = floating_input(call, 0);
  const int64_t heads = call.node.integer("num_heads", 0);
  if (given.dim() != 3 && given.dim() != 4)
    reject_call(call, "input has 3 or 4 axes", shape_text(given.sizes()));
  if (given.dim() == 3 && (heads < 1 || given.size(2) % heads != 0))
    reject_call(call, "num_heads divides the last axis",
                fmt::format("{} and {}", heads, shape_text(given.sizes())));
  // [batch, positions, heads, numbers]
  const at::Tensor x = given.dim() == 4
                           ? given.transpose(1, 2)
                           : given.reshape({given.size(0), given.size(1), heads, given.size(2) / heads});
  const int64_t all = call.node.integer("rotary_embedding_dim", 0), size = all > 0 ? all : x.size(3),
                half = size / 2;
  if (size > x.size(3) || size % 2 != 0)
    reject_call(call, "as many numbers are turned as a head has, an even number of them",
                fmt::format("{}", size));
  const auto angles = [&](size_t i) {
    at::Tensor cache = floating_input(call, i);
    if (has_input(call, 3)) {
      if (cache.dim() != 2) reject_call(call, "with positions a cache has 2 axes", shape_text(cache.sizes()));
      const at::Tensor places = front_indices(call, call.inputs[3], cache, cache.size(0));
      cache = at::embedding(cache, places);
    } else if (cache.dim() == 2) {  // positions from 0 on
      if (cache.size(0) < x.size(1))
        reject_call(call, fmt::format("a cache has {} positions", x.size(1)), shape_text(cache.sizes()));
      cache = cache.narrow(0, 0, x.size(1)).unsqueeze(0);
    }
    if (cache.dim() != 3 || cache.size(2) != half)
      reject_call(call, fmt::format("a cache has {} numbers per position", half), shape_text(cache.sizes()));
    return cache.unsqueeze(2);
  };
  const at::Tensor cosine = angles(1), sine = angles(2);
  const bool interleaved = call.node.integer("interleaved", 0) != 0;
  const at::Tensor turned = x.narrow(3, 0, size);
  const at::Tensor pairs =
      interleaved ? split_last(turned, half, 2) : split_last(turned, 2, half).transpose(3, 4);
  const at::Tensor first = pairs.select(4, 0), second = pairs.select(4, 1);
  const at::Tensor rotated = at::stack({cosine * first - sine * second, sine * first + cosine * second}, 4);
  at::Tensor y = (interleaved ? rotated : rotated.transpose(3, 4)).flatten(3);
  if (size < x.size(3)) y = at::cat({y, x.narrow(3, size, x.size(3) - size)}, 3);
  return {given.dim() == 4 ? y.transpose(1, 2) : y.flatten(2)};
}

constexpr OperatorRow kAttentionRows[] = {
    {{"Attention", OperatorRole::attention, true, 3, 7, attention},
     {"23, 24, 25", OrderRule::by_role, Export::later, attention_bound}},
    {{"RotaryEmbedding", OperatorRole::movement, true, 3, 4, rotary_embedding},
     {"23", OrderRule::by_role, Export::later}},
};

}  // namespace

std::span<const OperatorRow> attention_operators() {
  return kAttentionRows;
}

}  // namespace shatterproof
