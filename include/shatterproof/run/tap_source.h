// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/record.h"
#include "shatterproof/run/run_options.h"
#include "shatterproof/run/tap.h"

namespace shatterproof {

struct Dropout;
struct DropoutPlace;
struct TrainableParameter;

/// Sizes of values of a graph, axis 0 the examples, by the values' names.
using ValueShapes = std::map<std::string, std::vector<int64_t>>;

/// Parameters that go down a loss, and what comes out with them.
class Trainee {
 public:
  virtual ~Trainee() = default;
  /// Leaves of autograd, in the order of the graph's: what is written into their values is what it runs with.
  virtual std::vector<TrainableParameter> parameters() const = 0;
  /// Of the batch in one piece, with autograd's graph back to them.
  virtual std::vector<at::Tensor> outputs(const Batch& batch, const Dropout& dropout) = 0;
};

/// What a pass kept of a node, with autograd's graph from the inputs on.
struct KeptNode {
  at::Tensor input;  ///< the node's first
  std::vector<at::Tensor> outputs;
  /// Of a recurrent node: whether examples come before steps, as with ONNX's layout 1.
  bool is_batch_first = false;
};

/// What a pass kept of chosen nodes; of a live model, only those that a call was seen to make.
struct KeptPass {
  std::unordered_map<size_t, KeptNode> nodes;
  std::vector<at::Tensor> outputs;  ///< of the source, what enters a final softmax in its place
};

/// What a user's loss makes of outputs, those of a source for one batch or any of their shapes: one number,
/// with autograd's graph back to them. Throws what the user's code throws.
using OwnLoss = std::function<at::Tensor(const std::vector<at::Tensor>& outputs)>;

/// Something that runs on a batch and shows what passes its taps: a network, a dump of taps, a live model.
///
/// Every call says how to run; functional, batch statistics, seed and mini-batch may differ from call to
/// call, dtype and device may not. A batch with `statistics_inputs` runs with the `detached` statistics of
/// these. Not for concurrent use.
class TapSource {
 public:
  virtual ~TapSource() = default;

  /// The places that such a run shows, in topological order.
  virtual std::vector<Tap> taps(const RunOptions& options) = 0;

  /// Forward and backward over the batch, every tap shown to the observers that want it. Throws
  /// std::invalid_argument when the batch does not fit, Interrupted on Ctrl-C.
  virtual void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) = 0;
  /// The same forward only: observers see no gradients.
  virtual void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                               const RunOptions& options) = 0;

  /// How the one run was made that it shows again and again whatever batch and options say; empty when it
  /// runs.
  virtual std::optional<RunContext> recorded() const { return {}; }
  /// Why a run cannot be made this way ("the dump was made with sum"); empty when it can.
  virtual std::string obstacle(const RunOptions& options) const;
  /// Outputs without derivatives, and products with the Jacobian: see Execution. The base class throws
  /// std::logic_error: what is recorded has none.
  virtual std::vector<at::Tensor> outputs(const Batch& batch, const RunOptions& options);
  virtual at::Tensor input_gradient(const Batch& batch, const RunOptions& options);
  virtual std::vector<at::Tensor> jacobian_transpose_times(const Batch& batch,
                                                           const std::vector<at::Tensor>& us,
                                                           const RunOptions& options);
  virtual at::Tensor jacobian_times(const Batch& batch, const at::Tensor& v, const RunOptions& options);

  /// How many examples it must be given at once, as a graph that is frozen to some; 0: any number. A live
  /// model tries whether it runs on two of the batch, once.
  virtual int64_t examples_at_once(const Batch&) { return 0; }

  /// A forward pass over a batch in one piece that keeps chosen nodes of `graph()`: of a live model, whose
  /// nodes cannot be evaluated one by one. The base class throws std::logic_error.
  virtual KeptPass keep(const Batch& batch, const std::set<size_t>& nodes, const RunOptions& options);

  /// The graph it runs, when it has one. Of a live model the parameters' numbers need not be there.
  virtual const Network* graph() const { return nullptr; }
  /// The same with its parameters' numbers, when they can be read and nodes be evaluated one by one.
  virtual const Network* network() const { return nullptr; }
  virtual CoverageRecord coverage() const = 0;
  /// Where it drops the largest part of its numbers in training, if anywhere.
  virtual std::optional<DropoutPlace> dropout() const;
  /// Copies of its trainable parameters to train, as often as it is asked; nullptr when it cannot be trained.
  virtual std::unique_ptr<Trainee> trainee(const RunOptions& options);
  /// Its user's loss of what comes out for this batch, beside the batch's labels; empty where it has none.
  virtual OwnLoss own_loss(const Batch& batch);
  /// Runs with other numbers in these parameters of its graph from now on. False where it has not all of them
  /// as its own, or cannot; some may have been set then.
  virtual bool set_parameters(const std::vector<Parameter>& parameters);
  /// Of a live model, whose graph tells what depends on what and need not run: what its nodes made of a
  /// batch.
  virtual ValueShapes shapes() const { return {}; }
  /// The same run as `graph` says, its own graph with nodes inserted, replaced or reading other values; with
  /// the numbers of its own parameters, and those of `graph` for what was inserted. nullptr where it cannot.
  virtual std::unique_ptr<TapSource> rewritten(const Network& graph);
};

/// A network as a source. One plan serves all runs; the statistics of `statistics_inputs` are kept until
/// other ones come. The network must outlive it.
std::unique_ptr<TapSource> tap_source(const Network& network, const RunOptions& options);

/// The batch with the inputs that `detached` statistics are to be taken from, so that displaced examples and
/// parts of it run with the same: its own, its first mini-batch where it runs in several, or those it names.
Batch with_statistics_inputs(const Batch& batch, const RunOptions& options);

}  // namespace shatterproof
