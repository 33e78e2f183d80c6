// SPDX-License-Identifier: Apache-2.0
#include "examine/altered.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "shatterproof/remedy/apply.h"

namespace shatterproof {
namespace {

class AlteredNetwork : public Altered {
 public:
  AlteredNetwork(Changed made, const RunOptions& run)
      : made_(std::move(made)), source_(tap_source(made_.network, run)) {}

  TapSource& source() override { return *source_; }
  const Batch& batch() const override { return made_.batch; }

 private:
  Changed made_;
  std::unique_ptr<TapSource> source_;
};

// Nodes in another source, weights in place.
class AlteredInPlace : public Altered {
 public:
  AlteredInPlace(TapSource& source, Batch batch, std::vector<Parameter> own)
      : source_(source), batch_(std::move(batch)), own_(std::move(own)) {}
  ~AlteredInPlace() override {
    if (!own_.empty()) source_.set_parameters(own_);
  }
  AlteredInPlace(const AlteredInPlace&) = delete;
  AlteredInPlace& operator=(const AlteredInPlace&) = delete;

  TapSource& source() override { return rewritten_ ? *rewritten_ : source_; }
  const Batch& batch() const override { return batch_; }

  // Whether the source can run so.
  bool rewrite(const Network& graph) {
    rewritten_ = source_.rewritten(graph);
    return rewritten_ != nullptr;
  }
  bool draw(const std::vector<Parameter>& drawn) { return drawn.empty() || source_.set_parameters(drawn); }

 private:
  TapSource& source_;
  std::unique_ptr<TapSource> rewritten_;
  Batch batch_;
  std::vector<Parameter> own_;  // as they were, of those that were changed
};

// Kinds that leave the nodes as they are.
bool keeps_nodes(Remedy::Kind kind) {
  switch (kind) {
    case Remedy::Kind::redraw:
    case Remedy::Kind::scale_layer:
    case Remedy::Kind::revive:
    case Remedy::Kind::break_symmetry:
    case Remedy::Kind::reset_gains:
    case Remedy::Kind::standardize_inputs:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::unique_ptr<Altered> altered(const Network& network, const Batch& batch, const Remedy& remedy,
                                 uint64_t seed, const RunOptions& run) {
  std::optional<Changed> made = changed(network, batch, remedy, seed);
  return made ? std::make_unique<AlteredNetwork>(std::move(*made), run) : nullptr;
}

std::unique_ptr<Altered> altered(TapSource& source, const Batch& batch, const Remedy& remedy, uint64_t seed) {
  const Network& graph = *source.graph();
  const ValueShapes shapes = source.shapes();
  if (shapes.empty() && !keeps_nodes(remedy.kind)) return nullptr;
  std::optional<Changed> made = changed(graph, batch, remedy, seed, shapes);
  if (!made) return nullptr;
  std::vector<Parameter> own, drawn;
  for (const Parameter& parameter : graph.parameters()) {
    const Parameter* after = made->network.find_parameter(parameter.name);
    if (!after || after->value.is_same(parameter.value)) continue;
    own.push_back(parameter);
    own.back().value = parameter.value.clone();  // the source may write where the graph reads
    drawn.push_back(*after);
  }
  auto result = std::make_unique<AlteredInPlace>(source, std::move(made->batch), std::move(own));
  if (!result->draw(drawn)) return nullptr;
  return keeps_nodes(remedy.kind) || result->rewrite(made->network) ? std::move(result) : nullptr;
}

}  // namespace shatterproof
