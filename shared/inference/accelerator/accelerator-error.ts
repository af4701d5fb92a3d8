import { UserError } from '../../failures/user-error.ts';

/**
 * Why a provider is rejected: the runtime cannot start it; most of the network would run elsewhere; its results are wrong;
 * it is too slow; it is not a GPU although one is required.
 */
export type AcceleratorFault = 'unavailable' | 'fallback' | 'wrong_answer' | 'too_slow' | 'no_gpu';

/** A rejected provider, with the reason in one line. */
export class AcceleratorError extends UserError {
  readonly fault: AcceleratorFault;
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
