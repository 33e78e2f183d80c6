// SPDX-License-Identifier: Apache-2.0
#include "live_trainee.h"

#include <torch/extension.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "shatterproof/run/dropout.h"

namespace py = pybind11;

namespace shatterproof::python {

LiveTrainee::LiveTrainee(py::object trainee, const Network& graph) : trainee_(std::move(trainee)) {
  for (const auto& [name, value] : trainee_.attr("parameters").cast<py::dict>())
    parameters_.push_back({name.cast<std::string>(), value.cast<at::Tensor>()});
  const auto position = [&](const std::string& name) {
    const auto& all = graph.parameters();
    return std::find_if(all.begin(), all.end(), [&](const Parameter& one) { return one.name == name; }) -
           all.begin();
  };
  std::stable_sort(parameters_.begin(), parameters_.end(),
                   [&](const auto& a, const auto& b) { return position(a.name) < position(b.name); });
}

LiveTrainee::~LiveTrainee() {
  const py::gil_scoped_acquire lock;
  trainee_.release().dec_ref();
}

std::vector<at::Tensor> LiveTrainee::outputs(const Batch& batch, const Dropout& dropout) {
  constexpr uint64_t kDropoutsOfPass = 1024, kSteps = 1 << 20;
  const py::gil_scoped_acquire lock;
  const auto step = static_cast<uint64_t>(dropout.step);
  const py::object masks =
      dropout.drops ? py::cast((dropout.seed * kSteps + step) * kDropoutsOfPass % (uint64_t{1} << 62))
                    : py::object(py::none());
  return heeding_interrupts(
      [&] { return trainee_.attr("outputs")(batch.inputs, masks).cast<std::vector<at::Tensor>>(); });
}

}  // namespace shatterproof::python
