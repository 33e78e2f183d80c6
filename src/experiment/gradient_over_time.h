// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How much of the gradient of a recurrent layer's last state is left at each step before it.
///
///   g(k) = sqrt(sum_b ||d<v_b, s_T,b> / d e_T-k,b||^2 / sum_b ||d<v_b, s_T,b> / d e_T,b||^2),   v_b ~ N(0,
///   I) log g(k) = const + k log r, least squares over the steps;   k_e = first k with g(k) < max g / e
///
/// k: steps back from the last, 0 to T - 1; of a reverse direction, from the sequence's beginning. s_T: the
/// state that the layer ends in, whether the network reads other steps or not, so that g shows what the state
/// alone carries. e_t: what enters at step t. Of an RNN, GRU or LSTM node its input x_t, s its output; of a
/// cell that the graph shows step by step both are the products of state and recurrent weight, s_T the last.
/// Without a tap: the whole of the recurrent nodes, from what enters the first to the state of the last, of
/// those with as many steps; directions together.
///
/// g >= 0, g(0) = 1; r = 1 for an orthogonal linear recurrence, r < 1 forgets, r > 1 explodes. Steps where g
/// is below 1e-30 of its largest are left out of the fit. k_e is interpolated in log g, and more than T - 1
/// when g never falls so far. Unchanged by scaling of inputs, input weights and readouts. Undefined without a
/// recurrent layer, for sequences of different lengths, where the gradient is zero at the last step, and for
/// what is not finite; r for one step. Averaged over seeds geometrically, the fit's R^2 arithmetically. Cost:
/// a forward pass, and a backward pass per recurrent layer through it alone, and one through all. After
/// Pascanu, Mikolov and Bengio (2013).
///
/// Readings: g, a curve over steps back; r; `gradient_over_time_fit`, its R^2; `gradient_over_time_length`,
/// k_e; `gradient_over_time_span`, the most steps that the state alone has to carry something: from a step to
/// the next one that the outputs read themselves. 0 when they read every step, T - 1 when they read the last.
ExperimentRecord gradient_over_time_record();

}  // namespace shatterproof
