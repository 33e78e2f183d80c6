// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// What effective depth can be at most, by the sizes of weights' changes and the growth of gradients alone.
///
///   p_l = ||W'_l||_op ||a_l|| / ||f_l||,   G_l = GSC(input of l) / GSC(f_l)
///   from input to output V_0 = 1, V_k <- G_l V_k + p_l V_{k-1};   bound = largest k with V_k >= threshold
///
/// a_l enters layer l, f_l leaves it, norms root mean squares over examples; V_k stands for ||h^(k)|| / ||f||
/// of effective_depth. Where a skip runs beside layers, f_l is the sum in which it ends, and p_l is weighed
/// with GSC(l) / GSC(sum). Operator norms are the largest singular values; of convolutions, with n windows
/// over a place, at most sqrt n times that of the kernel as a matrix. No bound in the strict sense: GSC
/// speaks of random directions. Unlike effective_depth it takes any operator, but not recurrent layers.
/// Undefined without linear layers, for outputs of zero and what is not finite. Cost: a forward and a
/// backward pass, and a symmetric eigenvalue problem per layer. [GE] section 6.
///
/// Readings: the scalar; `effective_depth_bound_parts`, the curve of V_k over k.
ExperimentRecord effective_depth_bound_record();

}  // namespace shatterproof
