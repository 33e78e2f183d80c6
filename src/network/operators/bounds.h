// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/operator_traits.h"

// Numbers that outputs and scratch space of a call hold at most, for the rows of the operator table. The
// first input is there, unless the operator takes none.

namespace shatterproof {

double attention_bound(const OperatorCall& call);
double constant_of_shape_bound(const OperatorCall& call);
double convolution_bound(const OperatorCall& call);
double expand_bound(const OperatorCall& call);
double gather_bound(const OperatorCall& call);
double gather_nd_bound(const OperatorCall& call);
double grid_sample_bound(const OperatorCall& call);
double max_unpool_bound(const OperatorCall& call);
double one_hot_bound(const OperatorCall& call);
double pad_bound(const OperatorCall& call);
double product_bound(const OperatorCall& call);
double range_bound(const OperatorCall& call);
double recurrence_bound(const OperatorCall& call);
double resize_bound(const OperatorCall& call);
double roi_align_bound(const OperatorCall& call);
double shape_attribute_bound(const OperatorCall& call);
double tile_bound(const OperatorCall& call);
double transposed_convolution_bound(const OperatorCall& call);
double window_bound(const OperatorCall& call);

}  // namespace shatterproof
