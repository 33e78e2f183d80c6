// SPDX-License-Identifier: Apache-2.0
#include "pattern_samples.h"

#include <ATen/ATen.h>

#include <cmath>

namespace shatterproof {
namespace {

using S = const std::string&;

std::string erf_form(Written& w, S x) {
  return w.mul(w.mul(x, w.add(w.node("Erf", {w.div(x, w.c(std::sqrt(2)))}), w.c(1))), w.c(.5));
}

std::string tanh_form(Written& w, S x, const std::string& cube) {
  const std::string inner = w.mul(w.add(x, w.mul(cube, w.c(.044715))), w.c(std::sqrt(2 / M_PI)));
  return w.mul(w.mul(w.c(.5), x), w.add(w.c(1), w.node("Tanh", {inner})));
}

std::string greater(Written& w, S x, double bound) {
  return w.node("Greater", {x, w.c(bound)});
}

std::string below(Written& w, S x, double bound) {
  return w.node("Less", {x, w.c(bound)});
}

std::string where(Written& w, S condition, S a, S b) {
  return w.node("Where", {condition, a, b});
}

std::string expm1(Written& w, S x) {
  return w.sub(w.node("Exp", {x}), w.c(1));
}

std::string clip(Written& w, S x, double least, double most) {
  return w.node("Clip", {x, w.c(least), w.c(most)});
}

std::string log_of_one_and_exp(Written& w, S x) {
  return w.node("Log", {w.add(w.node("Exp", {x}), w.c(1))});
}

std::string centred(Written& w, S x, std::vector<int64_t> axes) {
  return w.sub(x, w.mean(x, std::move(axes)));
}

std::string deviation(Written& w, S x, std::vector<int64_t> axes) {
  return w.node("Sqrt", {w.add(w.mean(w.node("Pow", {x, w.c(2)}), std::move(axes)), w.c(1e-5))});
}

}  // namespace

std::vector<PatternSample> activation_samples() {
  const double selu_alpha = 1.6732632423543772, selu_scale = 1.0507009873554805;
  return {
      {"relu", "max",
       [](Written& w, S x) {
         return w.node("Max", {w.c(0), x});
       },
       "Relu"},
      {"relu", "clip",
       [](Written& w, S x) {
         return w.node("Clip", {x, w.c(0)});
       },
       "Relu"},
      {"relu", "where", [](Written& w, S x) { return where(w, greater(w, x, 0), x, w.c(0)); }, "Relu"},
      {"relu", "mask",
       [](Written& w, S x) {
         return w.mul(x, w.node("Cast", {greater(w, x, 0)}, {{"to", int64_t{1}}}));
       },
       "Relu"},
      {"relu", "fill",
       [](Written& w, S x) {
         const std::string zeros = w.node("ConstantOfShape", {w.node("Shape", {x})});
         return where(w, greater(w, x, 0), x, zeros);
       },
       "Relu"},
      {"leaky_relu",
       "max",
       [](Written& w, S x) {
         return w.node("Max", {x, w.mul(x, w.constant_node(.1))});
       },
       "LeakyRelu",
       {{"alpha", .1}}},
      {"leaky_relu",
       "where",
       [](Written& w, S x) { return where(w, greater(w, x, 0), x, w.mul(w.c(.1), x)); },
       "LeakyRelu",
       {{"alpha", .1}}},
      {"leaky_relu", "prelu",
       [](Written& w, S x) {
         const std::string slope = w.trainable({1});
         return w.sub(w.node("Relu", {x}), w.mul(slope, w.node("Relu", {w.node("Neg", {x})})));
       }},
      {"hard_sigmoid",
       "clip",
       [](Written& w, S x) { return w.div(clip(w, w.add(x, w.c(3)), 0, 6), w.c(6)); },
       "HardSigmoid",
       {{"alpha", 1. / 6}}},
      {"clip", "min and max",
       [](Written& w, S x) {
         return w.node("Min", {w.node("Max", {x, w.c(-1)}), w.c(2)});
       }},
      {"gelu", "erf", erf_form, "Gelu"},
      {"gelu", "half first",
       [](Written& w, S x) {
         return w.mul(w.mul(w.c(.5), x), w.add(w.c(1), w.node("Erf", {w.mul(x, w.c(M_SQRT1_2))})));
       },
       "Gelu"},
      {"gelu", "cast constants",
       [](Written& w, S x) {
         const std::string half = w.node("Cast", {w.constant_node(.5)}, {{"to", int64_t{1}}});
         const std::string bent = w.node("Erf", {w.div(x, w.node("CastLike", {w.c(std::sqrt(2)), x}))});
         return w.mul(x, w.mul(half, w.add(bent, w.node("Unsqueeze", {w.c(1), w.integers({0})}))));
       },
       "Gelu"},
      {"gelu_tanh",
       "pow",
       [](Written& w, S x) {
         return tanh_form(w, x, w.node("Pow", {x, w.c(3)}));
       },
       "Gelu",
       {{"approximate", "tanh"}}},
      {"gelu_tanh",
       "products",
       [](Written& w, S x) { return tanh_form(w, x, w.mul(x, w.mul(x, x))); },
       "Gelu",
       {{"approximate", "tanh"}}},
      {"quick_gelu", "mul",
       [](Written& w, S x) { return w.mul(x, w.node("Sigmoid", {w.mul(x, w.c(1.702))})); }},
      {"swish", "silu", [](Written& w, S x) { return w.mul(x, w.node("Sigmoid", {x})); }},
      {"swish", "beta",
       [](Written& w, S x) { return w.mul(x, w.node("Sigmoid", {w.mul(w.trainable({1}), x)})); }},
      {"hard_swish", "hard sigmoid",
       [](Written& w, S x) {
         return w.mul(x, w.node("HardSigmoid", {x}, {{"alpha", 1. / 6}}));
       },
       "HardSwish"},
      {"hard_swish", "relu6",
       [](Written& w, S x) { return w.div(w.mul(x, clip(w, w.add(x, w.c(3)), 0, 6)), w.c(6)); }, "HardSwish"},
      {"hard_swish", "clip",
       [](Written& w, S x) { return w.mul(x, clip(w, w.add(w.div(x, w.c(6)), w.c(.5)), 0, 1)); },
       "HardSwish"},
      {"mish", "softplus",
       [](Written& w, S x) { return w.mul(x, w.node("Tanh", {w.node("Softplus", {x})})); }, "Mish"},
      {"mish", "written out",
       [](Written& w, S x) { return w.mul(x, w.node("Tanh", {log_of_one_and_exp(w, x)})); }, "Mish"},
      {"elu",
       "where",
       [](Written& w, S x) { return where(w, greater(w, x, 0), x, w.mul(w.c(.8), expm1(w, x))); },
       "Elu",
       {{"alpha", .8}}},
      {"elu", "sum",
       [](Written& w, S x) {
         return w.add(w.node("Max", {x, w.c(0)}),
                      w.node("Min", {expm1(w, w.node("Min", {x, w.c(0)})), w.c(0)}));
       },
       "Elu"},
      {"celu",
       "where",
       [](Written& w, S x) {
         return where(w, greater(w, x, 0), x, w.mul(w.c(2), expm1(w, w.div(x, w.c(2)))));
       },
       "Celu",
       {{"alpha", 2.}}},
      {"selu", "where",
       [=](Written& w, S x) {
         return w.mul(w.c(selu_scale), where(w, greater(w, x, 0), x, w.mul(w.c(selu_alpha), expm1(w, x))));
       },
       "Selu"},
      {"softplus", "log", log_of_one_and_exp, "Softplus"},
      {"softplus", "threshold",
       [](Written& w, S x) { return where(w, greater(w, x, 20), x, log_of_one_and_exp(w, x)); }, "Softplus"},
      {"softplus", "stable",
       [](Written& w, S x) {
         const std::string decay = w.node("Exp", {w.node("Neg", {w.node("Abs", {x})})});
         return w.add(w.node("Relu", {x}), w.node("Log", {w.add(w.c(1), decay)}));
       },
       "Softplus"},
      {"log_sigmoid", "log",
       [](Written& w, S x) { return w.node("Neg", {log_of_one_and_exp(w, w.node("Neg", {x}))}); }},
      {"softsign", "abs", [](Written& w, S x) { return w.div(x, w.add(w.c(1), w.node("Abs", {x}))); },
       "Softsign"},
      {"sigmoid", "exp",
       [](Written& w, S x) {
         return w.node("Reciprocal", {w.add(w.c(1), w.node("Exp", {w.node("Neg", {x})}))});
       },
       "Sigmoid"},
      {"tanh", "sigmoid",
       [](Written& w, S x) { return w.sub(w.mul(w.c(2), w.node("Sigmoid", {w.mul(w.c(2), x)})), w.c(1)); },
       "Tanh"},
      {"tanh_shrink", "sub", [](Written& w, S x) { return w.sub(x, w.node("Tanh", {x})); }},
      {"soft_shrink",
       "where",
       [](Written& w, S x) {
         return where(w, greater(w, x, .5), w.sub(x, w.c(.5)),
                      where(w, below(w, x, -.5), w.add(x, w.c(.5)), w.c(0)));
       },
       "Shrink",
       {{"lambd", .5}, {"bias", .5}}},
      {"hard_shrink",
       "where",
       [](Written& w, S x) {
         return where(w, w.node("Greater", {w.node("Abs", {x}), w.c(.5)}), x, w.c(0));
       },
       "Shrink",
       {{"lambd", .5}}},
      {"thresholded_relu",
       "where",
       [](Written& w, S x) { return where(w, greater(w, x, .75), x, w.c(0)); },
       "ThresholdedRelu",
       {{"alpha", .75}}},
      {"squared_relu", "pow",
       [](Written& w, S x) {
         return w.node("Pow", {w.node("Relu", {x}), w.c(2)});
       }},
      {"squared_relu", "mul",
       [](Written& w, S x) {
         const std::string y = w.node("Relu", {x});
         return w.mul(y, y);
       }},
      {"elementwise", "snake",
       [](Written& w, S x) {
         const std::string wave = w.node("Sin", {w.mul(w.c(3), x)});
         return w.add(x, w.div(w.mul(wave, wave), w.c(3)));
       }},
      {"elementwise", "gated tanh",
       [](Written& w, S x) { return w.mul(w.node("Tanh", {x}), w.node("Sigmoid", {x})); }},
  };
}

std::vector<PatternSample> normalization_samples() {
  return {
      {"layer_norm", "shared centre",
       [](Written& w, S x) {
         const std::string d = centred(w, x, {-1});
         return w.add(w.mul(w.div(d, deviation(w, d, {-1})), w.trainable({12})), w.trainable({12}));
       },
       "LayerNormalization"},
      {"layer_norm", "two centres",
       [](Written& w, S x) { return w.div(centred(w, x, {1}), deviation(w, centred(w, x, {1}), {1})); },
       "LayerNormalization"},
      {"layer_norm", "mean of squares",
       [](Written& w, S x) {
         const std::string m = w.mean(x, {-1});
         const std::string variance = w.sub(w.mean(w.mul(x, x), {-1}), w.mul(m, m));
         const std::string scale = w.node("Reciprocal", {w.node("Sqrt", {w.add(variance, w.c(1e-5))})});
         return w.mul(w.mul(w.sub(x, m), scale), w.trainable({12}));
       },
       "LayerNormalization"},
      {"rms_norm", "reciprocal",
       [](Written& w, S x) {
         return w.mul(w.trainable({12}), w.mul(x, w.node("Reciprocal", {deviation(w, x, {-1})})));
       }},
      {"rms_norm", "root and division",
       [](Written& w, S x) {
         return w.div(x, w.node("Sqrt", {w.add(w.mean(w.mul(x, x), {-1}), w.c(1e-6))}));
       }},
      {"rms_norm", "one more than the gain",
       [](Written& w, S x) {
         return w.mul(w.div(x, deviation(w, x, {-1})), w.add(w.c(1), w.trainable({12})));
       }},
      {"l2_norm", "clip",
       [](Written& w, S x) {
         const std::string length = w.node("ReduceL2", {x}, {{"axes", std::vector<int64_t>{-1}}});
         const std::string bounded = w.node("Clip", {length, w.c(1e-12)});
         return w.div(x, w.node("Expand", {bounded, w.node("Shape", {x})}));
       },
       "LpNormalization"},
      {"batch_norm", "over the batch",
       [](Written& w, S x) {
         const std::string d = centred(w, x, {0});
         return w.add(w.mul(w.div(d, deviation(w, d, {0})), w.trainable({12})), w.trainable({12}));
       }},
      {"group_norm", "reshapes",
       [](Written& w, S x) {
         const std::string grouped = w.node("Reshape", {x, w.integers({0, 3, -1})});
         const std::string ones = w.builder.parameter(w.name("ones"), at::ones({3}), false);
         const std::string zeros = w.builder.parameter(w.name("zeros"), at::zeros({3}), false);
         const std::string normal = w.node("InstanceNormalization", {grouped, ones, zeros});
         const std::string back = w.node("Reshape", {normal, w.node("Shape", {x})});
         return w.add(w.mul(back, w.trainable({12})), w.trainable({12}));
       }},
      {"group_norm", "written out",
       [](Written& w, S x) {
         const std::string grouped = w.node("Reshape", {x, w.integers({0, 3, -1})});
         const std::string d = centred(w, grouped, {2});
         const std::string back = w.node("Reshape", {w.div(d, deviation(w, d, {2})), w.integers({0, 12})});
         return w.mul(back, w.trainable({12}));
       }},
      {"local_response_norm", "a window of channels",
       [](Written& w, S x) {
         const std::string squares = w.node("Unsqueeze", {w.mul(x, x), w.integers({1})});
         const std::string around = w.node("AveragePool", {squares},
                                           {{"kernel_shape", std::vector<int64_t>{5}},
                                            {"pads", std::vector<int64_t>{2, 2}},
                                            {"count_include_pad", int64_t{1}}});
         const std::string mean = w.node("Squeeze", {around, w.integers({1})});
         return w.div(x, w.node("Pow", {w.add(w.mul(mean, w.c(1e-4)), w.c(1)), w.c(.75)}));
       },
       "LRN"},
      {"instance_norm", "over positions",
       [](Written& w, S x) {
         const std::string image = w.node("Reshape", {x, w.integers({0, 3, 2, 2})});
         const std::string d = centred(w, w.node("Relu", {image}), {2, 3});
         return w.node("Flatten", {w.div(d, deviation(w, d, {2, 3}))});
       },
       ""},
  };
}

}  // namespace shatterproof
