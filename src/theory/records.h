// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/theory/catalog.h"

namespace shatterproof {

TheoryRecord zero_sum_theory();
TheoryRecord gradient_kernel_theory();
TheoryRecord arc_cosine_theory();
TheoryRecord centred_product_theory();
TheoryRecord exact_product_theory();
TheoryRecord closed_form_theory();
TheoryRecord mean_field_theory();
TheoryRecord signal_propagation_theory();
TheoryRecord noise_theory();
TheoryRecord independent_gates_theory();

}  // namespace shatterproof
