// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

class Network;

/// How a recurrent layer is made and drawn, for rules that speak of time.
struct RecurrentCell {
  std::string name;        ///< of its Recurrence
  std::string cell;        ///< "RNN", "GRU", "LSTM" or "unrolled"
  std::string activation;  ///< of an RNN, as theory names it: "tanh", "relu"; else empty
  double recurrent = 0;    ///< units times the mean square of a recurrent weight: 1 of an orthogonal matrix
  double kept = 0;         ///< mean bias of the gate that keeps the state: forget of LSTM, update of GRU
};

/// One per recurrence of the network. O(its weights).
std::vector<RecurrentCell> recurrent_cells(const Network& network);

}  // namespace shatterproof
