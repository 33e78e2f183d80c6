// SPDX-License-Identifier: Apache-2.0
#include "train/torch_optimizer.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <sstream>
#include <type_traits>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Memory = std::map<std::string, at::Tensor>;

void put(Memory& memory, const char* name, const at::Tensor& tensor) {
  if (tensor.defined()) memory[name] = tensor;
}

// The step count is a scalar among tensors.
void put(Memory& memory, const char* name, int64_t count) {
  memory[name] = at::scalar_tensor(count, at::kLong);
}

at::Tensor take(const Memory& memory, const char* name, const at::Tensor& parameter) {
  const auto found = memory.find(name);
  if (found == memory.end()) return {};
  if (found->second.sizes() != parameter.sizes()) {
    reject("optimizer", "what is remembered must have the shape of its parameter", name);
  }
  return found->second.to(parameter.options()).clone();
}

int64_t take_count(const Memory& memory) {
  const auto found = memory.find("step");
  if (found == memory.end() || found->second.numel() != 1) {
    reject("optimizer", "a memory has the number of steps", "none");
  }
  return found->second.item<int64_t>();
}

// What the three differ in: their options, and what they remember.
struct Sgd {
  using Torch = torch::optim::SGD;
  using Options = torch::optim::SGDOptions;
  using State = torch::optim::SGDParamState;
  static Memory memory(const State& state) {
    Memory memory;
    put(memory, "momentum", state.momentum_buffer());
    return memory;
  }
  static void remember(State& state, const at::Tensor& parameter, const Memory& memory) {
    state.momentum_buffer(take(memory, "momentum", parameter));
  }
};

struct Adam {
  using Torch = torch::optim::Adam;
  using Options = torch::optim::AdamOptions;
  using State = torch::optim::AdamParamState;
  static Memory memory(const State& state) {
    Memory memory;
    put(memory, "step", state.step());
    put(memory, "first_moment", state.exp_avg());
    put(memory, "second_moment", state.exp_avg_sq());
    return memory;
  }
  static void remember(State& state, const at::Tensor& parameter, const Memory& memory) {
    state.step(take_count(memory));
    state.exp_avg(take(memory, "first_moment", parameter));
    state.exp_avg_sq(take(memory, "second_moment", parameter));
  }
};

struct RmsProp {
  using Torch = torch::optim::RMSprop;
  using Options = torch::optim::RMSpropOptions;
  using State = torch::optim::RMSpropParamState;
  static Memory memory(const State& state) {
    Memory memory;
    put(memory, "step", state.step());
    put(memory, "second_moment", state.square_avg());
    put(memory, "momentum", state.momentum_buffer());
    return memory;
  }
  static void remember(State& state, const at::Tensor& parameter, const Memory& memory) {
    state.step(take_count(memory));
    state.square_avg(take(memory, "second_moment", parameter));
    state.momentum_buffer(take(memory, "momentum", parameter));
  }
};

template <typename Kind>
class Wrapped : public TorchOptimizer {
 public:
  Wrapped(const typename Kind::Options& options, const std::vector<at::Tensor>& parameters)
      : torch_(groups_of(options, parameters), options) {}

  void step(const std::vector<double>& rates) override {
    auto& groups = torch_.param_groups();
    for (size_t i = 0; i < groups.size(); ++i)
      static_cast<typename Kind::Options&>(groups[i].options()).lr(rates[i]);
    torch_.step();
  }

  Memory memory(const at::Tensor& parameter) override {
    const auto found = torch_.state().find(key_of(parameter));
    if (found == torch_.state().end()) return {};
    return Kind::memory(static_cast<const typename Kind::State&>(*found->second));
  }

  void remember(const at::Tensor& parameter, const Memory& memory) override {
    auto state = std::make_unique<typename Kind::State>();
    Kind::remember(*state, parameter, memory);
    torch_.state()[key_of(parameter)] = std::move(state);
  }

 private:
  // A group for each parameter, so that each has its rate.
  static std::vector<torch::optim::OptimizerParamGroup> groups_of(const typename Kind::Options& options,
                                                                  const std::vector<at::Tensor>& parameters) {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (const at::Tensor& parameter : parameters) {
      groups.emplace_back(std::vector<at::Tensor>{parameter},
                          std::make_unique<typename Kind::Options>(options));
    }
    return groups;
  }

  // LibTorch 1 knows a parameter by its address in words, LibTorch 2 by the address.
  static auto key_of(const at::Tensor& parameter) {
    using Key = typename std::decay_t<decltype(std::declval<typename Kind::Torch&>().state())>::key_type;
    return key_as<Key>(parameter.unsafeGetTensorImpl());
  }
  template <typename Key>
  static Key key_as(c10::TensorImpl* address) {
    if constexpr (std::is_same_v<Key, std::string>) {
      std::ostringstream text;
      text << address;
      return text.str();
    } else {
      return address;
    }
  }

  typename Kind::Torch torch_;
};

double within(const Spec& options, const std::string& key, double otherwise, double most) {
  const double value = options.number(key, otherwise);
  if (!(value >= 0 && value < most)) {
    reject(options.name(), key + " must be from 0 to below " + (most == 1 ? "1" : "infinity"),
           options.word(key, ""));
  }
  return value;
}

double from_zero(const Spec& options, const std::string& key, double otherwise) {
  return within(options, key, otherwise, std::numeric_limits<double>::infinity());
}

}  // namespace

std::unique_ptr<TorchOptimizer> make_sgd(const Spec& options, const std::vector<at::Tensor>& parameters) {
  Sgd::Options torch(/*lr=*/0);
  torch.momentum(within(options, "momentum", 0, 1));
  torch.nesterov(options.flag("nesterov", false));
  torch.weight_decay(from_zero(options, "weight_decay", 0));
  if (torch.nesterov() && torch.momentum() == 0) reject("sgd", "nesterov needs a momentum", "momentum=0");
  return std::make_unique<Wrapped<Sgd>>(torch, parameters);
}

std::unique_ptr<TorchOptimizer> make_adam(const Spec& options, const std::vector<at::Tensor>& parameters) {
  Adam::Options torch(/*lr=*/0);
  torch.betas({within(options, "beta1", 0.9, 1), within(options, "beta2", 0.999, 1)});
  torch.eps(from_zero(options, "epsilon", 1e-8));
  torch.weight_decay(from_zero(options, "weight_decay", 0));
  return std::make_unique<Wrapped<Adam>>(torch, parameters);
}

std::unique_ptr<TorchOptimizer> make_rmsprop(const Spec& options, const std::vector<at::Tensor>& parameters) {
  RmsProp::Options torch(/*lr=*/0);
  torch.alpha(within(options, "decay", 0.99, 1));
  torch.momentum(within(options, "momentum", 0, 1));
  torch.eps(from_zero(options, "epsilon", 1e-8));
  torch.weight_decay(from_zero(options, "weight_decay", 0));
  return std::make_unique<Wrapped<RmsProp>>(torch, parameters);
}

}  // namespace shatterproof
