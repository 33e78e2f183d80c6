// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/remedy/catalog.h"

#include <algorithm>

namespace shatterproof {
namespace {

using Kind = Remedy::Kind;

RemedyRecord record(Kind kind, int reach, const char* sentence, const char* applies) {
  RemedyRecord one;
  one.kind = kind;
  one.name = to_string(kind);
  one.reach = reach;
  one.sentence = sentence;
  one.applies = applies;
  return one;
}

// New numbers for some parameters, in one form.
RemedyRecord draws_where_it_applies(Kind kind, const char* sentence, const char* applies) {
  RemedyRecord one = record(kind, 1, sentence, applies);
  one.draws = true;
  one.forms = {{.kind = kind}};
  return one;
}

RemedyRecord redraw() {
  RemedyRecord one = record(Kind::redraw, 1, "Draws all weights anew by another scheme.",
                            "everywhere; a looks-linear scheme where rectifiers are mirrored");
  one.reference = "Glorot and Bengio 2010; He et al. 2015; Saxe et al. 2014; Balduzzi et al. 2017, section 4";
  one.draws = true;
  for (const char* scheme : {"he", "lecun", "glorot", "orthogonal", "delta_orthogonal", "looks_linear"})
    one.forms.push_back({.kind = Kind::redraw, .scheme = scheme});
  return one;
}

RemedyRecord scale_branches() {
  RemedyRecord one = record(Kind::scale_branches, 1, "Multiplies every residual branch by a number.",
                            "networks with residual sums; the factor is a node of its own before the sum");
  one.predicts =
      "the end-to-end gain, (1 + factor^2 (g^2 - 1))^(blocks/2) with g a block's gain; the dilution by "
      "larger "
      "skips; with batch norm the correlation of gradients";
  one.reference = "Balduzzi et al. 2017, section 3; Philipp et al. 2018, section 5";
  for (const double factor : {.2, .1, .05}) one.forms.push_back({.kind = one.kind, .value = factor});
  return one;
}

RemedyRecord add_skips() {
  RemedyRecord one = record(
      Kind::add_skips, 3,
      "Adds a skip around every layer, z + beta W rho(N(z)), with a norm N inside the branch or without one.",
      "networks without residual sums, around layers whose sizes agree");
  one.predicts =
      "growth r of a layer becomes sqrt(1 + (r^2 - 1)/(k_b^2 + 1)), k_b = sqrt(1/beta^2 + b - 1) at block b; "
      "with batch norm the correlation of gradients";
  one.reference = "He et al. 2016; Philipp et al. 2018, section 5";
  for (const char* norm : {"", "batch", "layer"})
    one.forms.push_back({.kind = one.kind, .scheme = norm, .value = .2});
  return one;
}

RemedyRecord add_norm() {
  RemedyRecord one = record(
      Kind::add_norm, 3, "Puts batch or layer norm in front of every nonlinearity that has none.",
      "in front of nonlinearities; batch norm over channels, layer norm where the last axis holds units");
  one.predicts = "batch norm's own growth, 1.21 per rectifier layer without skips";
  one.reference = "Ioffe and Szegedy 2015; Ba et al. 2016; Yang et al. 2019";
  for (const char* norm : {"batch", "layer"}) one.forms.push_back({.kind = one.kind, .scheme = norm});
  return one;
}

RemedyRecord move_norm() {
  RemedyRecord one =
      record(Kind::move_norm, 2, "Moves norms from behind the residual sums to the head of the branches.",
             "networks whose skips begin behind a norm of the sum before");
  one.reference = "Xiong et al. 2020, On Layer Normalization in the Transformer Architecture";
  one.forms = {{.kind = one.kind}};
  return one;
}

RemedyRecord replace_nonlinearity() {
  RemedyRecord one = record(Kind::replace_nonlinearity, 2,
                            "Puts rectifiers in place of other nonlinearities, with He's weights, or gives "
                            "rectifiers a slope below zero that trains and begins at 1/4 (prelu).",
                            "nonlinearities of one value; the one at the output keeps its range");
  one.predicts = "what a layer of the other nonlinearity multiplies relative changes by";
  one.reference = "Glorot, Bordes and Bengio 2011; He et al. 2015";
  one.draws = true;
  for (const char* scheme : {"relu", "prelu"}) one.forms.push_back({.kind = one.kind, .scheme = scheme});
  return one;
}

// A finding alone suggests it: numbers that must not be negative may want their rectifier.
RemedyRecord bare_output() {
  RemedyRecord one = record(Kind::bare_output, 1, "Leaves out the rectifier that makes the output.",
                            "networks that end in one, or in a softmax behind one");
  return one;
}

RemedyRecord scale_layer() {
  RemedyRecord one =
      record(Kind::scale_layer, 1, "Multiplies the weights of some layers, or the last, by a number.",
             "layers with a weight of their own");
  one.reference = "the loss at the first step, ln K for K classes";
  for (const double factor : {.1, .01}) one.forms.push_back({.kind = one.kind, .value = factor});
  return one;
}

RemedyRecord reset_gains() {
  return draws_where_it_applies(Kind::reset_gains, "Sets the gains of the norms to 1.",
                                "norms with a gain of their own; those that are all zero stay");
}

RemedyRecord standardize_inputs() {
  RemedyRecord one =
      record(Kind::standardize_inputs, 0, "Brings every channel of the inputs to mean 0 and deviation 1.",
             "inputs of floating type; the network stays as it is, and whoever runs it prepares them");
  one.reference = "LeCun et al. 1998, Efficient BackProp";
  one.forms = {{.kind = one.kind}};
  return one;
}

RemedyRecord revive() {
  return draws_where_it_applies(Kind::revive, "Draws nonzero weights where a parameter keeps others at zero.",
                                "weights that are all one number");
}

RemedyRecord break_symmetry() {
  return draws_where_it_applies(Kind::break_symmetry, "Draws different weights for units that are equal.",
                                "weights that are all one number");
}

// Those that no rewriting of a graph makes.
std::vector<RemedyRecord> for_the_reader() {
  RemedyRecord widen = record(Kind::widen, 3, "Makes hidden layers wider.", "where the network is built");
  widen.predicts = "what finite width adds to growth, exp(1/2 sum 1/n_j) over the hidden layers";
  widen.reference = "Hanin and Nica 2020";
  RemedyRecord narrow =
      record(Kind::narrow_depth, 3, "Leaves out layers that act as one with their neighbours.",
             "where the network is built");
  RemedyRecord forget = record(
      Kind::raise_forget_bias, 1,
      "Begins with larger biases of the gate that keeps the state, of units that forget within 1 to so "
      "many steps.",
      "LSTM and GRU, where they are built");
  forget.reference = "Jozefowicz et al. 2015; Tallec and Ollivier 2018";
  RemedyRecord keep =
      record(Kind::keep_recurrence, 1, "Draws recurrent weights orthogonal, or as the identity.",
             "recurrent layers, where they are built");
  keep.reference = "Le, Jaitly and Hinton 2015; Saxe et al. 2014";
  keep.draws = true;
  RemedyRecord clip = record(Kind::clip_gradients, 0, "Clips the gradient's norm.", "in the training loop");
  clip.reference = "Pascanu et al. 2013";
  RemedyRecord again =
      record(Kind::export_again, 0, "Exports the model again with what the exporter left out.",
             "files that lost their norms");
  RemedyRecord look = record(Kind::look_at, 0, "Looks at a place of the network.", "where the finding says");
  return {widen, narrow, forget, keep, clip, again, look};
}

std::vector<RemedyRecord> all() {
  std::vector<RemedyRecord> records = {
      redraw(),      scale_branches(),       add_skips(),   add_norm(),
      move_norm(),   replace_nonlinearity(), bare_output(), scale_layer(),
      reset_gains(), standardize_inputs(),   revive(),      break_symmetry()};
  for (RemedyRecord& one : for_the_reader()) records.push_back(std::move(one));
  std::sort(records.begin(), records.end(),
            [](const RemedyRecord& a, const RemedyRecord& b) { return a.kind < b.kind; });
  return records;
}

}  // namespace

std::span<const RemedyRecord> remedies() {
  static const std::vector<RemedyRecord> kRemedies = all();
  return kRemedies;
}

const RemedyRecord& remedy_of(Remedy::Kind kind) {
  return *std::find_if(remedies().begin(), remedies().end(),
                       [&](const RemedyRecord& one) { return one.kind == kind; });
}

}  // namespace shatterproof
