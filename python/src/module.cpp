// SPDX-License-Identifier: Apache-2.0
#include <pybind11/iostream.h>
#include <pybind11/stl.h>
#include <torch/extension.h>

#include "bindings.h"
#include "cli/command_line.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

#include <csignal>
#include <iostream>
#include <sstream>

namespace py = pybind11;

namespace shatterproof::python {
namespace {

// Ctrl-C asks the running command to stop, as in the program; the interpreter's own handler comes back after
// it.
class InterruptibleCommand {
 public:
  InterruptibleCommand() : before_(std::signal(SIGINT, [](int) { request_interrupt(); })) {}
  ~InterruptibleCommand() {
    std::signal(SIGINT, before_);
    clear_interrupt();
  }

 private:
  void (*before_)(int);
};

int run_words(const std::vector<std::string>& words) {
  const InterruptibleCommand interruptible;
  const py::gil_scoped_release unlocked;
  return cli::run_command(words, std::cout, std::cerr);
}

py::tuple captured_words(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  int code = 0;
  {
    const InterruptibleCommand interruptible;
    const py::gil_scoped_release unlocked;
    code = cli::run_command(words, out, err);
  }
  return py::make_tuple(code, out.str(), err.str());
}

}  // namespace

void bind_commands(py::module_& module) {
  module.def("run_command", &run_words, py::arg("words"));
  module.def("captured_command", &captured_words, py::arg("words"));
  py::register_exception<IoError>(module, "IoError", PyExc_OSError);
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Interrupted&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

}  // namespace shatterproof::python

PYBIND11_MODULE(_native, module) {
  module.doc() = "The library under the package shatterproof.";
  shatterproof::python::bind_commands(module);
  shatterproof::python::bind_networks(module);
  shatterproof::python::bind_live_models(module);
}
