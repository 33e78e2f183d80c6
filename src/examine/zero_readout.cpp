// SPDX-License-Identifier: Apache-2.0
#include "examine/zero_readout.h"

#include <ATen/ATen.h>

#include "examine/altered.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

std::unique_ptr<Altered> with_drawn_readout(TapSource& source, const Batch& batch, const RunOptions& run) {
  const int last = static_cast<int>(structure(*source.graph()).layers.size());
  const Remedy remedy{.kind = Remedy::Kind::redraw, .layers = LayerRange{last, last}, .scheme = "lecun"};
  const Network* network = source.network();
  return network ? altered(*network, batch, remedy, run.seed, run) : altered(source, batch, remedy, run.seed);
}

}  // namespace

bool has_zero_readout(const TapSource& source) {
  if (!source.graph() || source.recorded()) return false;
  const std::vector<Layer> layers = structure(*source.graph()).layers;
  if (layers.size() < 2) return false;
  const Parameter* readout = source.graph()->find_parameter(layers.back().weight);
  return readout && readout->value.defined() && readout->value.count_nonzero().item<int64_t>() == 0;
}

Measured measure_as_it_begins(TapSource& source, const Batch& batch, const std::vector<std::string>& names,
                              const MeasureRequest& request) {
  std::unique_ptr<Altered> drawn;
  if (has_zero_readout(source)) drawn = with_drawn_readout(source, batch, request.run);
  if (!drawn) return measure(source, batch, names, request);
  Measured measured = measure(drawn->source(), batch, names, request);
  measured.notes.emplace_back(
      "the last layer's weights are zero: measured with LeCun's there, since the first step ends that");
  return measured;
}

}  // namespace shatterproof
