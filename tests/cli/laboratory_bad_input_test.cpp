// SPDX-License-Identifier: Apache-2.0
// Wrong inputs of `lab`, beside those of every other command.
#include "tests/cli/bad_input.h"

namespace shatterproof::cli::laboratory_bad_input_test {
namespace {

const BadInputCase kLaboratoryCases[] = {
    {"LaboratoryOfAFile", "lab @model.onnx", "lab: unknown family"},
    {"LaboratoryOfAnOptionWithoutAControl", "lab residual:alpha=2", "unknown option 'alpha'"},
    {"LaboratoryTooDeep", "lab feedforward:depth=100000000",
     "lab: depth must be a whole number from 1 to 200; got '100000000'"},
    {"LaboratoryTooMuchWork", "lab feedforward:depth=200,width=512", "fewer layers, units or points"},
    {"LaboratoryOfAnUnknownScheme", "lab --init hee", "lab: unknown init 'hee'; did you mean 'he'?"},
    {"LaboratoryOfOtherInputs", "lab --inputs gaussian:4", "lab: unknown inputs 'gaussian:4'"},
    {"LaboratoryOfSeedZero", "lab --seed 0", "lab: seed must be a whole number from 1"},
    {"PortBeyondTheLast", "lab --port 65536", "--port: must be a whole number from 1 to 65535"},
    {"AddressOfEverybody", "lab --address 0.0.0.0", "--address: names one address of this machine"},
    {"AddressByName", "lab --address localhost", "--address: must be a numeric IPv4 address"},
    {"AddressOfAnotherMachine", "lab --address 192.0.2.1", "lab: cannot listen on 192.0.2.1"},
    {"LaboratoryOfAnOptionOfAnotherFamily", "lab feedforward:beta=0.5",
     "lab: beta says nothing of feedforward, only of residual; got '0.5'"},
    {"LaboratoryOfNoiseWithADepth", "lab white_noise:depth=3",
     "lab: depth says nothing of white_noise, only of feedforward and residual; got '3'"},
    {"LaboratoryOfNoiseThatIsDrawnByAScheme", "lab brown_noise --init he",
     "lab: init says nothing of brown_noise"},
    {"LaboratoryOfTwoActivations", "lab feedforward:activation=tanh,crelu=true",
     "lab: crelu=true takes the place of the activation: give one of the two; got 'activation=tanh'"},
    {"LaboratoryOfANumberWithAnEnd", "lab residual:beta=0.5x",
     "lab: beta must be a number from 0 to 2; got '0.5x'"},
    {"LaboratoryOfNoNumber", "lab residual:beta=nan", "lab: beta must be a number from 0 to 2; got 'nan'"},
    {"LaboratoryOfAnEndlessNumber", "lab residual:beta=inf",
     "lab: beta must be a number from 0 to 2; got 'inf'"},
    {"LaboratoryOfSeedInfinity", "lab --seed inf", "lab: seed must be a whole number from 1"},
};

class LaboratoryBadInput : public testing::TestWithParam<BadInputCase> {};

TEST_P(LaboratoryBadInput, IsSaidInOneLine) {
  expect_one_line(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, LaboratoryBadInput, testing::ValuesIn(kLaboratoryCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace shatterproof::cli::laboratory_bad_input_test
