import { countOf } from '../../../cli/terminal/count-of.ts';
import type { Provider } from '../../../shared/inference/accelerator/provider.ts';

interface Rates {
  /** Images per second of the network alone. */
  readonly network: number;
  /** Images per second of the pipeline without the network. */
  readonly feed: number;
  readonly cores: number;
}

export interface Limit {
  readonly limit: 'network' | 'feed' | 'cores';
  readonly advice?: string;
}

/** Which part limits the full pipeline, and how many cores would feed the network if it is the feed. */
export function limitOf(provider: Provider, { network, feed, cores }: Rates): Limit {
  // Both parts share them.
  if (provider === 'cpu') return { limit: 'cores' };
  if (network <= feed) return { limit: 'network' };
  const needed = Math.ceil((cores * network) / feed);
  return { limit: 'feed', advice: `${countOf(needed, 'core')} like those of this machine would feed the network` };
}
