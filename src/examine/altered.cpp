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

class AlteredInPlace : public Altered {
 public:
  AlteredInPlace(TapSource& source, Batch batch, std::vector<Parameter> own)
      : source_(source), batch_(std::move(batch)), own_(std::move(own)) {}
  ~AlteredInPlace() override {
    if (!own_.empty()) source_.set_parameters(own_);
  }
  AlteredInPlace(const AlteredInPlace&) = delete;
  AlteredInPlace& operator=(const AlteredInPlace&) = delete;

  TapSource& source() override { return source_; }
  const Batch& batch() const override { return batch_; }

 private:
  TapSource& source_;
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
  if (!keeps_nodes(remedy.kind)) return nullptr;
  const Network& graph = *source.graph();
  std::optional<Changed> made = changed(graph, batch, remedy, seed);
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
  return drawn.empty() || source.set_parameters(drawn) ? std::move(result) : nullptr;
}

}  // namespace shatterproof
