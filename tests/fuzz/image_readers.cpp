// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "dataset/idx.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/cifar10.h"
#include "shatterproof/dataset/mnist.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {
namespace {

void unless_refused(const std::function<void()>& read) {
  try {
    read();
  } catch (const IoError&) {
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

void read_file(const std::string& path) {
  const ExampleRange some = {.first = 0, .count = 3, .or_fewer = true};
  unless_refused([&] { read_mnist(path, {}); });
  unless_refused([&] { read_mnist(path, some); });
  unless_refused([&] { read_cifar10(path, {}); });
  unless_refused([&] { read_cifar10(path, some); });
  unless_refused([&] { IdxFile(path, 1).read(some); });  // labels, which are read from beside the images
}

}  // namespace shatterproof
