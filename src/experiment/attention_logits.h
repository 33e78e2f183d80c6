// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How large the numbers are that enter the softmax of an attention, and how widely it looks.
///
///   logits(a) = max |z_{b,h,i,j}|,   z = q.k / sqrt d with whatever mask and bias is added, over allowed
///   keys entropy(a) = mean over b, h, i of  -sum_j p_{b,h,i,j} ln p_{b,h,i,j} / ln n_{b,h,i},   p =
///   softmax_j z
///
/// b: examples, h: heads, i: queries, j: keys; n: how many keys the mask leaves. A key is masked where its
/// logit is -inf or 1000 and more below the row's largest; a row whose largest lies below -1000 has none.
/// Rows of fewer than two keys have no entropy. logits >= 0; entropy in [0, 1]: 1 when all allowed keys get
/// alike, 0 when one gets everything. Unchanged by rescaling values. The softmax of an attention is found in
/// a graph that shows it (Structure::composites), within the operator Attention, and within PyTorch's own of
/// a live model. Undefined without attention and where logits are NaN or +inf. Cost: a forward pass, and a
/// softmax in float64 of every attention. Zhai et al. (2023); Dehghani et al. (2023).
///
/// Readings: curves over depth, a number at every attention, and of each attention the entropy per head.
ExperimentRecord attention_logits_record();

}  // namespace shatterproof
