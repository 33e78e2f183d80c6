// SPDX-License-Identifier: Apache-2.0
// Five guided stories. What a step says of numbers, its `holds` say again: the tests ask the program.

/** What must be true of the numbers that a step shows. */
export interface Holds {
  readonly reading: string;
  /** Of a curve: where on its axis. */
  readonly at?: number;
  readonly least?: number;
  readonly most?: number;
  /** It has no number, for this reason. */
  readonly undefined?: string;
}

export interface Step {
  /** As an address has it. */
  readonly state: string;
  readonly text: string;
  readonly holds: readonly Holds[];
}

export interface Story {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly Step[];
  /** With which it ends. */
  readonly question: string;
}

const RHO = { reading: "gradient_autocorrelation", at: 1 } as const;
const LENGTH = { reading: "correlation_length" } as const;

export const STORIES: readonly Story[] = [
  {
    name: "white_noise",
    title: "What white noise looks like",
    steps: [
      {
        state: "family=brown_noise",
        text: "Brown noise is a sum of random steps, so each value is near the one before. Its autocorrelation starts at 1 and falls slowly, and the covariance map shows broad patches.",
        holds: [{ ...RHO, least: 0.9 }],
      },
      {
        state: "family=white_noise",
        text: "White noise has no memory. At lag 1 the autocorrelation is already near 0, and the covariance map is a fine weave without patches.",
        holds: [{ ...RHO, least: -0.2, most: 0.2 }],
      },
      {
        state: "depth=2&norm=center",
        text: "This is no noise but the gradient of a network with two layers. It looks like brown noise: inputs that are neighbours have gradients that agree.",
        holds: [
          { ...RHO, least: 0.9 },
          { reading: "spectral_slope", least: -2.5, most: -1.5 },
        ],
      },
      {
        state: "depth=24&norm=center",
        text: "The same network with 24 layers. Its gradient looks like white noise: it has shattered. The slope of its spectrum, about -2 before, is now near 0.",
        holds: [
          { ...RHO, least: -0.2, most: 0.2 },
          { reading: "spectral_slope", least: -0.5, most: 0.5 },
        ],
      },
    ],
    question: "Move the depth down from 24. At which depth does the covariance map show patches again?",
  },
  {
    name: "batch_norm",
    title: "Why batch norm shatters",
    steps: [
      {
        state: "depth=24",
        text: "24 layers without a norm. Many units are active on every input or on none, so the gradient has few kinks and neighbours still agree.",
        holds: [{ ...RHO, least: 0.75 }],
      },
      {
        state: "depth=24&norm=center",
        text: "Centring moves the mean of each unit to 0, so that it switches somewhere on the grid. Every layer now adds kinks, and the memory is gone.",
        holds: [{ ...RHO, most: 0.2 }],
      },
      {
        state: "depth=24&norm=batch",
        text: "Batch norm centres, too, and divides by the deviation. The gradient is as white, and grows from layer to layer: look at the gradient scale.",
        holds: [
          { ...RHO, most: 0.2 },
          { reading: "gradient_scale_coefficient", at: 1, least: 1000 },
        ],
      },
      {
        state: "depth=10&norm=batch",
        text: "With ten layers there is some memory left at lag 1, and little beyond. Each layer takes its part.",
        holds: [
          { ...RHO, least: 0.2, most: 0.6 },
          { ...RHO, at: 5, most: 0.2 },
        ],
      },
    ],
    question:
      "Layer norm normalizes over the units of one input, not over the inputs of one unit. Does it shatter the gradient as well? Guess, then choose it at depth 24.",
  },
  {
    name: "skips",
    title: "Why skips help",
    steps: [
      {
        state: "depth=50&norm=batch",
        text: "50 layers with batch norm and without skips: white noise.",
        holds: [{ ...RHO, least: -0.2, most: 0.2 }],
      },
      {
        state: "family=residual&depth=50&norm=batch",
        text: "The same layers on branches, each beside a skip. The gradient reaches the input by paths of every length, and the short ones remember: at lag 1 it is well above 0.",
        holds: [{ ...RHO, least: 0.5 }],
      },
      {
        state: "family=residual&depth=50",
        text: "Without the norm the memory is longer still.",
        holds: [{ ...RHO, least: 0.75 }],
      },
      {
        state: "family=residual&depth=200&norm=batch&width=104",
        text: "Four times as deep, and some memory is left where layers without skips had lost it before 24.",
        holds: [{ ...RHO, least: 0.25 }],
      },
    ],
    question:
      "Skips slow the loss of memory; they do not stop it. What would you change of the branches to keep more? The next story tries one answer.",
  },
  {
    name: "beta",
    title: "Beta, the size of the branch",
    steps: [
      {
        state: "family=residual&depth=50&norm=batch",
        text: "Beta 1: skip and branch count alike, and after 50 blocks the correlation length is below 0.03: a small part of the way to another input.",
        holds: [
          { ...RHO, most: 0.85 },
          { ...LENGTH, most: 0.03 },
        ],
      },
      {
        state: "family=residual&depth=50&norm=batch&beta=0.1",
        text: "Beta 0.1: the branch adds a tenth. The gradient remembers itself over many lags.",
        holds: [
          { ...RHO, least: 0.8 },
          { ...RHO, at: 5, least: 0.4 },
          { ...LENGTH, least: 0.5 },
        ],
      },
      {
        state: "family=residual&depth=50&norm=batch&beta=0.01",
        text: "Beta 0.01: the network is nearly its skip, and the gradient hardly bends.",
        holds: [{ ...RHO, least: 0.9 }],
      },
      {
        state: "family=residual&depth=50&norm=batch&beta=0",
        text: "Beta 0: only the skip is left. The network is an affine map, its gradient is the same on every input, and the autocorrelation of a constant is not defined.",
        holds: [{ ...RHO, undefined: "constant" }],
      },
    ],
    question:
      "A smaller beta remembers more and computes less at first. Which one would you take for 200 layers, and which number tells you that it is small enough?",
  },
  {
    name: "looks_linear",
    title: "Looks-linear weights",
    steps: [
      {
        state: "depth=50&norm=center",
        text: "50 centred layers without skips have lost all memory.",
        holds: [{ ...RHO, least: -0.25, most: 0.25 }],
      },
      {
        state: "depth=50&activation=crelu",
        text: "CReLU gives both rho(z) and rho(-z). With weights drawn as usual this alone does not make the gradient smooth.",
        holds: [{ ...RHO, most: 0.95 }],
      },
      {
        state: "depth=50&activation=crelu&init=looks_linear",
        text: "Looks-linear weights repeat each matrix with its sign reversed: W rho(z) - W rho(-z) = W z. The network is linear at first, and its gradient constant.",
        holds: [
          { ...RHO, undefined: "constant" },
          { ...LENGTH, least: 0.99 },
        ],
      },
      {
        state: "depth=24&width=104&activation=crelu&init=looks_linear&steps=10",
        text: "Ten steps of training, at 24 layers: the halves have moved apart, the network is linear no more, and its gradient has structure that remembers.",
        holds: [{ ...RHO, least: 0.3 }],
      },
    ],
    question:
      "Train a network with batch norm for as many steps from He weights. Does training alone bring the memory back?",
  },
];
