// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <string>

namespace shatterproof {

/// Every family, normalization and activation that a network file must be able to hold. Batch norm gets
/// vector inputs: of a scalar one, units see a line, and float32 is 2e-4 from float64 whoever computes it.
constexpr const char* kFamilySpecs[] = {
    "shallow:width=20",
    "feedforward:depth=4,width=16",
    "feedforward:depth=4,width=16,norm=center",
    "feedforward:depth=4,width=16,norm=batch,input=12",
    "feedforward:depth=4,width=16,norm=layer",
    "feedforward:depth=4,width=16,crelu=true",
    "feedforward:depth=4,width=16,norm=batch,crelu=true,input=12",
    "feedforward:depth=3,width=16,activation=prelu",
    "feedforward:depth=3,width=16,activation=leaky_relu",
    "feedforward:depth=3,width=16,activation=tanh",
    "feedforward:depth=3,width=16,activation=selu",
    "feedforward:depth=3,width=16,activation=gelu",
    "feedforward:depth=3,width=16,activation=identity",
    "feedforward:depth=4,width=16,input=12",
    "residual:depth=6,width=16,beta=0.1",
    "residual:depth=6,width=16,norm=batch,beta=0.1,input=12",
    "residual:depth=6,width=16,norm=center",
    "residual:depth=6,width=16,norm=layer,layers_per_block=2",
    "residual:depth=6,width=16,norm=batch,crelu=true,input=12",
    "highway:depth=6,width=16",
    "highway:depth=6,width=16,gamma2=auto",
    "highway_gated:depth=6,width=16",
    "highway_gated:depth=6,width=16,norm=batch,crelu=true,input=12",
    "dense:depth=6,width=16,growth=8",
    "dense:depth=6,width=16,growth=8,norm=batch,crelu=true,input=12",
    "feedforward:depth=3,width=16,activation=prelu,slope=0.1",
    "feedforward:depth=3,width=16,activation=leaky_relu,slope=0.1",
    "transformer_pre_norm:depth=2,width=12,heads=3,tokens=5,activation=relu",
    "transformer_pre_norm:depth=2,width=12,heads=2,tokens=5,activation=gelu,input=7,output=3,beta=0.5",
    "transformer_post_norm:depth=2,width=12,heads=4,tokens=5,activation=relu,mlp_ratio=2",
    "transformer_post_norm:depth=1,width=12,heads=1,tokens=1,activation=tanh,norm=none",
};

/// A spec as part of a file's or a test's name.
inline std::string file_stem(std::string spec) {
  for (char& c : spec) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return spec;
}

}  // namespace shatterproof
