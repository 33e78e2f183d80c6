// SPDX-License-Identifier: Apache-2.0
// operator_opinion FOLDER: writes models of one or a few nodes, most of them of operator sets 18 to 21, with
// an input and the outputs we compute for it, laid out as second_opinion.cpp does.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>

#include "shatterproof/dataset/npy.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"

namespace shatterproof {
namespace {

using Ints = std::vector<int64_t>;

constexpr int64_t kExamples = 3;

/// Between an input x [batch, 4, 6, 6] and the output y.
struct OperatorModel {
  std::string name;
  int64_t opset;
  std::function<void(ModelWriter&)> add;
};

onnx::TensorProto list(const char* name, const Ints& values) {
  return int64_tensor(name, {static_cast<int64_t>(values.size())}, values);
}

void add_activations(std::vector<OperatorModel>& models) {
  for (const char* approximate : {"none", "tanh"}) {
    for (const int64_t opset : {20, 21}) {
      models.push_back({fmt::format("gelu_{}_{}", approximate, opset), opset, [approximate](ModelWriter& m) {
                          m.node("Gelu", {"x"}, {"y"}).attribute("approximate", approximate);
                        }});
    }
  }
  for (const char* op :
       {"Mish", "HardSwish", "Celu", "Elu", "Erf", "HardSigmoid", "LeakyRelu", "LogSoftmax", "Relu", "Selu",
        "Shrink", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "ThresholdedRelu"}) {
    for (const int64_t opset : {18, 21}) {
      models.push_back(
          {fmt::format("{}_{}", op, opset), opset, [op](ModelWriter& m) { m.node(op, {"x"}, {"y"}); }});
    }
  }
}

void add_normalizations(std::vector<OperatorModel>& models) {
  for (const int64_t groups : {1, 2, 4}) {
    for (const int64_t opset : {18, 20, 21}) {
      const int64_t factors = opset < 21 ? groups : 4;
      models.push_back(
          {fmt::format("group_normalization_{}_{}", groups, opset), opset, [groups, factors](ModelWriter& m) {
             m.initializer(ramp("gain", {factors})).initializer(ramp("bias", {factors}));
             m.node("GroupNormalization", {"x", "gain", "bias"}, {"y"});
             m.attribute("num_groups", groups).attribute("epsilon", 0.01F);
           }});
    }
  }
  for (const int64_t p : {1, 2}) {
    for (const int64_t axis : {-1, 1}) {
      models.push_back({fmt::format("lp_normalization_{}_{}", p, axis < 0 ? "last" : "channels"), 18,
                        [p, axis](ModelWriter& m) {
                          m.node("LpNormalization", {"x"}, {"y"}).attribute("p", p).attribute("axis", axis);
                        }});
    }
  }
  models.push_back({"layer_normalization", 20, [](ModelWriter& m) {
                      m.initializer(ramp("gain", {6})).initializer(ramp("bias", {6}));
                      m.node("LayerNormalization", {"x", "gain", "bias"}, {"y"});
                    }});
  models.push_back({"instance_normalization", 21, [](ModelWriter& m) {
                      m.initializer(ramp("gain", {4})).initializer(ramp("bias", {4}));
                      m.node("InstanceNormalization", {"x", "gain", "bias"}, {"y"});
                    }});
}

void add_pooling(std::vector<OperatorModel>& models) {
  for (const int64_t p : {1, 2, 3}) {
    models.push_back(
        {fmt::format("lp_pool_{}", p), 18, [p](ModelWriter& m) {
           m.node("LpPool", {"x"}, {"y"}).attribute("kernel_shape", Ints{2, 3}).attribute("p", p);
           m.attribute("strides", Ints{2, 1}).attribute("pads", Ints{1, 0, 0, 1});
         }});
  }
  models.push_back({"lp_pool_dilated", 18, [](ModelWriter& m) {
                      m.node("LpPool", {"x"}, {"y"}).attribute("kernel_shape", Ints{2, 2});
                      m.attribute("dilations", Ints{2, 3});
                    }});
  models.push_back({"lp_pool_11", 11, [](ModelWriter& m) {
                      m.node("LpPool", {"x"}, {"y"}).attribute("kernel_shape", Ints{3, 3});
                      m.attribute("auto_pad", "SAME_UPPER");
                    }});
  models.push_back({"global_lp_pool", 18, [](ModelWriter& m) { m.node("GlobalLpPool", {"x"}, {"y"}); }});
  for (const int64_t counts : {0, 1}) {
    models.push_back({fmt::format("average_pool_dilated_{}", counts), 19, [counts](ModelWriter& m) {
                        m.node("AveragePool", {"x"}, {"y"}).attribute("kernel_shape", Ints{2, 2});
                        m.attribute("dilations", Ints{2, 2}).attribute("pads", Ints{1, 1, 1, 1});
                        m.attribute("count_include_pad", counts);
                      }});
  }
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
                         "ReduceProd", "ReduceSum", "ReduceSumSquare"}) {
    models.push_back({fmt::format("{}_by_input", op), 20, [op](ModelWriter& m) {
                        m.initializer(list("axes", {-1, 1})).node(op, {"x", "axes"}, {"y"});
                        m.attribute("keepdims", int64_t{0});
                      }});
    models.push_back({fmt::format("{}_of_no_axis", op), 18, [op](ModelWriter& m) {
                        m.node(op, {"x"}, {"r"}).attribute("noop_with_empty_axes", int64_t{1});
                        m.node("Mul", {"r", "x"}, {"y"});
                      }});
  }
}

void add_movement(std::vector<OperatorModel>& models) {
  for (const char* mode : {"constant", "edge", "reflect", "wrap"}) {
    models.push_back({fmt::format("pad_{}", mode), 19, [mode](ModelWriter& m) {
                        m.initializer(list("pads", {1, 2, 3, 0})).initializer(list("axes", {-1, 2}));
                        m.node("Pad", {"x", "pads", "", "axes"}, {"y"}).attribute("mode", mode);
                      }});
  }
  models.push_back({"split_into_unequal_parts", 18, [](ModelWriter& m) {
                      m.initializer(list("first", {0})).initializer(list("five", {5}));
                      m.initializer(list("axis", {3})).node("Slice", {"x", "first", "five", "axis"}, {"s"});
                      m.node("Split", {"s"}, {"a", "b", "c"}).attribute("axis", int64_t{3});
                      m.attribute("num_outputs", int64_t{3});
                      m.node("Concat", {"c", "a", "b"}, {"y"}).attribute("axis", int64_t{3});
                    }});
  models.push_back({"reshape_19", 19, [](ModelWriter& m) {
                      m.initializer(list("sizes", {0, 2, -1})).node("Reshape", {"x", "sizes"}, {"y"});
                    }});
  models.push_back({"squeeze_unsqueeze_21", 21, [](ModelWriter& m) {
                      m.initializer(list("axes", {1, -1})).node("Unsqueeze", {"x", "axes"}, {"u"});
                      m.node("Transpose", {"u"}, {"t"}).attribute("perm", Ints{0, 1, 4, 3, 2, 5});
                      m.node("Squeeze", {"t", "axes"}, {"y"});
                    }});
  for (const char* reduction : {"none", "add", "mul", "max", "min"}) {
    models.push_back({fmt::format("scatter_elements_{}", reduction), 18, [reduction](ModelWriter& m) {
                        m.node("Abs", {"x"}, {"a"}).node("Mul", {"a", "three"}, {"b"});
                        m.initializer(float_tensor("three", {}, {3})).node("Cast", {"b"}, {"c"});
                        m.attribute("to", int64_t{7}).node("Mod", {"c", "six"}, {"d"});
                        m.initializer(int64_tensor("six", {}, {6})).node("Neg", {"x"}, {"n"});
                        // With `none`, where an index occurs twice the order is open: add what is
                        // unambiguous.
                        const bool ambiguous = std::string(reduction) == "none";
                        if (ambiguous) m.node("Mul", {"n", "zero"}, {"u"});
                        m.initializer(float_tensor("zero", {}, {0}));
                        m.node("ScatterElements", {"x", "d", ambiguous ? "u" : "n"}, {"y"});
                        m.attribute("axis", int64_t{3}).attribute("reduction", reduction);
                      }});
    models.push_back({fmt::format("scatter_nd_{}", reduction), 18, [reduction](ModelWriter& m) {
                        // Twice at the same place where the order does not matter.
                        const bool twice = std::string(reduction) != "none";
                        m.node("Transpose", {"x"}, {"t"}).attribute("perm", Ints{3, 1, 2, 0});
                        m.initializer(list("from", {1})).initializer(list("to", {4}));
                        m.node("Slice", {"t", "from", "to"}, {"u"}).node("Neg", {"u"}, {"n"});
                        m.initializer(int64_tensor("at", {3, 1}, {0, 5, twice ? 0 : 2}));
                        m.node("ScatterND", {"t", "at", "n"}, {"s"}).attribute("reduction", reduction);
                        m.node("Transpose", {"s"}, {"y"}).attribute("perm", Ints{3, 1, 2, 0});
                      }});
  }
}

void add_resampling(std::vector<OperatorModel>& models) {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    for (const char* coordinates :
         {"half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric", "pytorch_half_pixel"}) {
      models.push_back({fmt::format("resize_{}_{}", mode, coordinates), 19, [=](ModelWriter& m) {
                          m.initializer(float_tensor("scales", {2}, {1.5F, 0.6F}));
                          m.node("Resize", {"x", "", "scales"}, {"y"}).attribute("axes", Ints{2, 3});
                          m.attribute("mode", mode);
                          m.attribute("coordinate_transformation_mode", coordinates);
                        }});
    }
  }
  for (const char* policy : {"stretch", "not_larger", "not_smaller"}) {
    models.push_back({fmt::format("resize_{}", policy), 18, [policy](ModelWriter& m) {
                        m.initializer(list("sizes", {9, 4})).node("Resize", {"x", "", "", "sizes"}, {"y"});
                        m.attribute("axes", Ints{3, 2}).attribute("keep_aspect_ratio_policy", policy);
                      }});
  }
  for (const char* mode : {"linear", "nearest", "cubic"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      models.push_back(
          {fmt::format("grid_sample_{}_{}", mode, padding), 20, [=](ModelWriter& m) {
             m.initializer(list("first", {0})).initializer(list("two", {2}));
             m.initializer(list("channels", {1})).node("Slice", {"x", "first", "two", "channels"}, {"s"});
             m.node("Transpose", {"s"}, {"grid"}).attribute("perm", Ints{0, 2, 3, 1});
             m.node("GridSample", {"x", "grid"}, {"y"}).attribute("mode", mode);
             m.attribute("padding_mode", padding);
           }});
    }
  }
}

void add_logic(std::vector<OperatorModel>& models) {
  for (const char* op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor"}) {
    models.push_back(
        {op, 18, [op](ModelWriter& m) {
           m.initializer(float_tensor("nine", {}, {9})).node("Mul", {"x", "nine"}, {"a"});
           m.node("Cast", {"a"}, {"i"}).attribute("to", int64_t{6});
           m.node("Neg", {"i"}, {"n"}).node("BitwiseNot", {"n"}, {"o"}).node(op, {"i", "o"}, {"b"});
           m.node("Cast", {"b"}, {"y"}).attribute("to", int64_t{1});
         }});
  }
  models.push_back(
      {"is_inf_is_nan", 20, [](ModelWriter& m) {
         m.initializer(float_tensor("zero", {}, {0})).node("Relu", {"x"}, {"r"});
         m.node("Div", {"r", "zero"}, {"d"}).node("IsInf", {"d"}, {"i"}).node("IsNaN", {"d"}, {"n"});
         m.node("Xor", {"i", "n"}, {"b"}).node("Where", {"n", "x", "zero"}, {"w"});
         m.node("Cast", {"b"}, {"f"}).attribute("to", int64_t{1}).node("Add", {"f", "w"}, {"y"});
       }});
  models.push_back({"reduce_max_of_bool", 20, [](ModelWriter& m) {
                      m.initializer(float_tensor("two", {}, {2})).initializer(list("axes", {3}));
                      m.node("Greater", {"x", "two"}, {"b"}).node("ReduceMax", {"b", "axes"}, {"r"});
                      m.node("Cast", {"r"}, {"y"}).attribute("to", int64_t{1});
                    }});
}

/// The layers that every set has, at each of them: nothing changes under a network whose set is newer.
void add_networks(std::vector<OperatorModel>& models) {
  for (const int64_t opset : {7, 11, 13, 17, 18, 19, 20, 21}) {
    models.push_back({fmt::format("network_{}", opset), opset, [](ModelWriter& m) {
                        m.initializer(ramp("w", {8, 2, 3, 3})).initializer(ramp("b", {8}));
                        m.node("Conv", {"x", "w", "b"}, {"c"}).attribute("pads", Ints{1, 1, 1, 1});
                        m.attribute("group", int64_t{2}).attribute("kernel_shape", Ints{3, 3});
                        m.initializer(ramp("gain", {8})).initializer(ramp("mean", {8}));
                        m.initializer(float_tensor("variance", {8}, {1, 2, 3, 4, 5, 6, 7, 8}));
                        m.node("BatchNormalization", {"c", "gain", "b", "mean", "variance"}, {"n"});
                        m.node("Relu", {"n"}, {"r"}).node("MaxPool", {"r"}, {"p"});
                        m.attribute("kernel_shape", Ints{2, 2}).attribute("strides", Ints{2, 2});
                        m.initializer(ramp("v", {8, 5, 2, 2})).node("ConvTranspose", {"p", "v"}, {"t"});
                        m.attribute("strides", Ints{2, 2}).node("GlobalAveragePool", {"t"}, {"g"});
                        m.node("Flatten", {"g"}, {"f"}).initializer(ramp("u", {5, 3}));
                        m.initializer(ramp("d", {3})).node("Gemm", {"f", "u", "d"}, {"y"});
                      }});
  }
}

std::vector<OperatorModel> operator_models() {
  std::vector<OperatorModel> models;
  add_activations(models);
  add_normalizations(models);
  add_pooling(models);
  add_movement(models);
  add_resampling(models);
  add_logic(models);
  add_networks(models);
  return models;
}

void write_opinion(const OperatorModel& model, const std::filesystem::path& stem) {
  ModelWriter writer(model.opset);
  writer.proto.set_ir_version(model.opset < 21 ? 8 : 10);
  writer.input("x", {-1, 4, 6, 6}).output("y");
  model.add(writer);
  auto* output = writer.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  output->set_elem_type(onnx::TensorProto::FLOAT);
  const Network network = import_onnx(writer.write(stem.string() + ".onnx")).network;
  const Batch batch = random_batch(network, kExamples);
  for (const char* kind : {"inputs", "outputs"}) std::filesystem::create_directories(stem / kind);
  write_npy((stem / "inputs" / "0.npy").string(), batch.inputs[0]);
  write_npy((stem / "outputs" / "0.npy").string(), outputs_of(network, batch)[0]);
}

}  // namespace
}  // namespace shatterproof

int main(int count, char** arguments) {
  std::string at;
  try {
    if (count != 2) throw std::invalid_argument("operator_opinion FOLDER");
    for (const shatterproof::OperatorModel& model : shatterproof::operator_models()) {
      at = model.name;
      shatterproof::write_opinion(model, std::filesystem::path(arguments[1]) / model.name);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "operator_opinion: {}: {}\n", at, error.what());
    return 1;
  }
}
