// SPDX-License-Identifier: Apache-2.0
#include "initializer/computed_weight.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace shatterproof {
namespace {

constexpr double kRounding = 1e-4;  // of weights stored in single precision, relative

bool are_alike(const at::Tensor& a, const at::Tensor& b) {
  const double size = b.abs().max().item<double>();
  return a.isfinite().all().item<bool>() && (a - b).abs().max().item<double>() <= kRounding * size;
}

class Setting {
 public:
  Setting(Network& network, const Structure& structure, const Layer& layer, const at::Tensor& wanted)
      : network_(network), layer_(layer), wanted_(wanted.to(at::kDouble)) {
    for (const Composite& composite : structure.composites) {
      const bool is_ours = composite.role == CompositeRole::weight &&
                           network.nodes()[composite.output].outputs[0] == layer.effective_weight;
      if (is_ours) composite_ = &composite;
    }
  }

  ComputedDraw draw() {
    const std::string& pattern = composite_ ? composite_->pattern : layer_.weight;
    if (pattern == "weight_product") return {false, "not drawn, the weight being a product of parameters at"};
    for (const auto attempt :
         {&Setting::as_it_is, &Setting::less_what_is_added, &Setting::scaled, &Setting::with_magnitude}) {
      const Network before = network_;
      if ((this->*attempt)()) return {true, ""};
      network_ = before;
    }
    set(layer_.weight, wanted_);
    if (pattern == "spectral_norm" && find_singular_vectors())
      return {true, "drawn, then divided by its largest singular value as spectral normalization has it, at"};
    if (pattern == "weight_standardization")
      return {true, "drawn, then centred and scaled unit by unit as weight standardization has it, at"};
    if (is_masked()) return {true, "drawn where a mask leaves it at"};
    return {false, "not drawn, being computed in a way that no parameter inverts, at"};
  }

 private:
  at::Tensor effective() const { return effective_weight(network_, layer_).to(at::kDouble); }

  void set(const std::string& name, const at::Tensor& value) {
    const at::Tensor& old = network_.find_parameter(name)->value;
    network_.set_parameter(name, value.reshape(old.sizes()).to(old.scalar_type()).contiguous());
  }

  bool arrives() const {
    const at::Tensor now = effective();
    return now.sizes() == wanted_.sizes() && are_alike(now, wanted_);
  }

  bool as_it_is() {
    set(layer_.weight, wanted_);
    return arrives();
  }

  bool less_what_is_added() {
    set(layer_.weight, wanted_);
    const at::Tensor now = effective();
    if (now.sizes() != wanted_.sizes()) return false;
    set(layer_.weight, wanted_ - (now - wanted_));
    return arrives();
  }

  bool scaled() {
    set(layer_.weight, wanted_);
    const double size = effective().norm().item<double>();
    if (!(size > 0)) return false;
    set(layer_.weight, wanted_ * (wanted_.norm().item<double>() / size));
    return arrives();
  }

  // The magnitudes along which the weight is as it was drawn.
  bool with_magnitude() {
    set(layer_.weight, wanted_);
    for (const std::string& name : composite_ ? composite_->inputs : std::vector<std::string>{}) {
      const at::Tensor old = network_.find_parameter(name)->value;
      if (name == layer_.weight || !old.is_floating_point() || old.dim() != wanted_.dim()) continue;
      set(name, at::ones_like(old));
      const at::Tensor ratio = wanted_ * effective() / effective().square();
      std::vector<int64_t> shared;
      for (int64_t axis = 0; axis < old.dim(); ++axis) {
        if (old.size(axis) == 1) shared.push_back(axis);
      }
      const at::Tensor magnitude =
          shared.empty() ? ratio : ratio.nan_to_num(0).sum(shared, true) / ratio.isfinite().sum(shared, true);
      if (magnitude.numel() == old.numel()) set(name, magnitude);
      if (magnitude.numel() == old.numel() && arrives()) return true;
      set(name, old);
    }
    return false;
  }

  // u and v of the power iteration become those that it would find.
  bool find_singular_vectors() {
    for (const int64_t rows_axis : {int64_t{0}, int64_t{1}}) {
      const at::Tensor rows = wanted_.movedim(rows_axis, 0).flatten(1);
      const auto [u, s, vh] = at::linalg_svd(rows, false);
      for (const std::string& name : composite_->inputs) {
        const at::Tensor& old = network_.find_parameter(name)->value;
        if (name == layer_.weight || !old.is_floating_point()) continue;
        if (old.numel() == rows.size(0)) set(name, u.select(1, 0));
        if (old.numel() == rows.size(1) && (old.numel() != rows.size(0) || is_second(name)))
          set(name, vh.select(0, 0));
      }
      if (are_alike(effective(), wanted_ / s[0])) return true;
    }
    return false;
  }

  // Of a square weight u and v are told apart by which meets the weight first.
  bool is_second(const std::string& name) const {
    for (const size_t index : composite_->nodes) {
      const Node& node = network_.nodes()[index];
      if (node.op == "MatMul") return node.inputs[1] == name;
    }
    return false;
  }

  bool is_masked() const {
    const at::Tensor now = effective();
    if (now.sizes() != wanted_.sizes()) return false;
    const at::Tensor kept = now.ne(0);
    return kept.any().item<bool>() && are_alike(now.masked_select(kept), wanted_.masked_select(kept));
  }

  Network& network_;
  const Layer& layer_;
  at::Tensor wanted_;
  const Composite* composite_ = nullptr;
};

}  // namespace

ComputedDraw set_computed_weight(Network& network, const Structure& structure, const Layer& layer,
                                 const at::Tensor& wanted) {
  const Network before = network;
  const ComputedDraw result = Setting(network, structure, layer, wanted).draw();
  if (!result.drawn) network = before;
  return result;
}

}  // namespace shatterproof
