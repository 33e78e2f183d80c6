// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof::python {

/// What the user's code raises is an exception that somebody may catch; a Ctrl-C within it is Interrupted.
template <typename Call>
auto heeding_interrupts(Call call) {
  try {
    return call();
  } catch (pybind11::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw Interrupted();
    throw;
  }
}

/// Copies of a module's parameters: a shatterproof.trainee.Trainee.
class LiveTrainee : public Trainee {
 public:
  /// Made with the interpreter's lock, as no other of its methods; parameters in the order of the graph's.
  LiveTrainee(pybind11::object trainee, const Network& graph);
  ~LiveTrainee() override;

  std::vector<TrainableParameter> parameters() const override { return parameters_; }
  std::vector<at::Tensor> outputs(const Batch& batch, const Dropout& dropout) override;

 private:
  pybind11::object trainee_;
  std::vector<TrainableParameter> parameters_;
};

}  // namespace shatterproof::python
