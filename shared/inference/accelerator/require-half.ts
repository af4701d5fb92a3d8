import { AcceleratorError } from './accelerator-error.ts';
import type { Provider } from './provider.ts';
import { describeShares, type Share } from './shares.ts';

/** @throws {AcceleratorError} if a provider ran less than half: the runtime moves what it does not support to others */
export function requireHalf(provider: Provider, shares: readonly Share[]): readonly Share[] {
  const time = shares.find((share) => share.provider === provider)?.time ?? 0;
  if (time >= 0.5) return shares;
  const reason = `less than half of the network runs on it: ${describeShares(shares)}`;
  throw new AcceleratorError(provider, 'fallback', reason);
}
