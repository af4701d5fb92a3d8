import { UserError } from '../../failures/user-error.ts';

/**
 * What is wrong with a provider: the runtime cannot start it; most of the network would run elsewhere; it computes
 * something else; it is too slow; it is no GPU where one is required.
 */
export type AcceleratorFault = 'unavailable' | 'fallback' | 'wrong_answer' | 'too_slow' | 'no_gpu';

/** Why a model is not computed on a provider: one line that names it, what was expected and what came. */
export class AcceleratorError extends UserError {
  readonly fault: AcceleratorFault;
  /** As it was asked for. */
  readonly provider: string;
  /** The message without the provider's name. */
  readonly reason: string;

  constructor(provider: string, fault: AcceleratorFault, reason: string, options?: ErrorOptions) {
    super(`${provider}: ${reason}`, options);
    this.provider = provider;
    this.fault = fault;
    this.reason = reason;
  }
}
