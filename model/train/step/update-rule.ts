/** How a gradient changes the weights. */
export interface UpdateRule {
  readonly momentum: number;
  /** Undefined: plain stochastic gradient descent. */
  readonly rmsProp: RmsProp | undefined;
  /** A longer gradient is scaled to this length (L2 norm of all weights together). Undefined: no limit. */
  readonly maxGradientNorm: number | undefined;
}

/** Divides each gradient by the root of a moving average of its squares (Tieleman and Hinton 2012). */
export interface RmsProp {
  /** Decay of the moving average; 0.9 in the paper of Inception-v3. */
  readonly decay: number;
  /** Added to the average below the root: 1 in the paper of Inception-v3, so that small gradients stay small. */
  readonly epsilon: number;
}
