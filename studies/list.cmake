# SPDX-License-Identifier: Apache-2.0
# Every study: its file, which becomes part of the library, and its quick version, which is a test. No other list of them exists.
set(SHATTERPROOF_STUDIES
  mean_field/phase_diagram
  mean_field/trainability
  gradients_explode/table_1
  gradients_explode/figure_1
  gradients_explode/dilution
  gradients_explode/figure_2
  gradients_explode/widths
  shattered_gradients/figure_1
  shattered_gradients/figure_2
  shattered_gradients/figure_2_without_centering
  shattered_gradients/figure_3
  shattered_gradients/figure_4
  shattered_gradients/figure_5
  shattered_gradients/figure_6
  shattered_gradients/figure_6_deep
  shattered_gradients/figure_6_small
  shattered_gradients/theorems
  shattered_gradients/finite_width)
