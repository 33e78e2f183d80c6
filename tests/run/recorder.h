// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "shatterproof/run/tap.h"

namespace shatterproof {

/// Keeps what a measurement must not: copies of everything it saw.
class Recorder : public Observer {
 public:
  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override { append(values[key(tap.tap)], tap.output); }
  void observe(const BackwardTap& tap) override { append(gradients[key(tap.tap)], tap.gradient); }

  std::map<std::string, at::Tensor> values, gradients;  ///< by "name kind"

 private:
  static std::string key(const Tap& tap) { return tap.name + " " + std::string(to_string(tap.kind)); }
  static void append(at::Tensor& joined, const at::Tensor& part) {
    joined = joined.defined() ? at::cat({joined, part.detach()}) : part.detach().clone();
  }
};

}  // namespace shatterproof
