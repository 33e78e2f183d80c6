// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "dataset/idx.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/cifar10.h"
#include "shatterproof/dataset/mnist.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {
namespace {

bool is_taken(const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const IoError&) {
    return false;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

}  // namespace

void read_file(const std::string& path) {
  const ExampleRange some = {.first = 0, .count = 3, .or_fewer = true};
  int taken = 0;
  taken += is_taken([&] { read_mnist(path, {}); });
  taken += is_taken([&] { read_mnist(path, some); });
  taken += is_taken([&] { read_cifar10(path, {}); });
  taken += is_taken([&] { read_cifar10(path, some); });
  taken += is_taken([&] { IdxFile(path, 1).read(some); });  // labels, which are read from beside the images
  if (taken == 0) throw IoError(path + ": no reader takes it");
}

}  // namespace shatterproof
