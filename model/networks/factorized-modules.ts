import { averagePool, type Branch, convolution, fork, halving, maxPool, type Step } from './branches.ts';

/*
 * Modules of Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2015), one branch per line. The
 * paper has the structure and the filters of each module's output; the filters inside are those of the published network.
 */

/**
 * Figure 5: the 5×5 convolution of GoogLeNet's modules as two of 3×3, which need 28 % fewer products.
 * @param second the branch between the 1×1 convolution and the factorized one
 * @param projection filters after the pool
 */
export function moduleOfFigure5(second: Branch, projection: number): readonly Branch[] {
  return [
    [convolution(64, 1)],
    second,
    [convolution(64, 1), convolution(96, 3), convolution(96, 3)],
    [averagePool, convolution(projection, 1)],
  ];
}

/**
 * Figure 6 with n = 7: n×n convolutions as 1×n and n×1, for maps of 12 to 20 pixels.
 * @param filters between the 1×n and n×1 convolutions
 */
export function moduleOfFigure6(filters: number): readonly Branch[] {
  return [
    [convolution(192, 1)],
    [convolution(filters, 1), convolution(filters, [1, 7]), convolution(192, [7, 1])],
    [
      convolution(filters, 1),
      convolution(filters, [7, 1]),
      convolution(filters, [1, 7]),
      convolution(filters, [7, 1]),
      convolution(192, [1, 7]),
    ],
    [averagePool, convolution(192, 1)],
  ];
}

/** 1×3 and 3×1 convolutions of the same value. */
export function expansion(filters: number): Step {
  const kernels = [
    [1, 3],
    [3, 1],
  ] as const;
  return fork(filters, kernels);
}

/** Figure 7: 1×3 and 3×1 convolutions next to each other, for many features on the smallest maps. */
export const moduleOfFigure7: readonly Branch[] = [
  [convolution(320, 1)],
  [convolution(384, 1), expansion(384)],
  [convolution(448, 1), convolution(384, 3), expansion(384)],
  [averagePool, convolution(192, 1)],
];

/** Figure 10: convolutions and a pool with stride 2 next to each other, so that no layer is a bottleneck. 288 to 768. */
export const firstReduction: readonly Branch[] = [
  [halving(384)],
  [convolution(64, 1), convolution(96, 3), halving(96)],
  [maxPool],
];

/** Reads 768 channels and outputs 1280. @param second the branch with two convolutions before stride 2 */
export function secondReduction(second: Branch): readonly Branch[] {
  return [[convolution(192, 1), halving(320)], [...second, halving(192)], [maxPool]];
}
