import { z } from 'zod';
import { providerOfRuntimeName } from './provider.ts';

/** What a provider had in one run of a network. */
export interface Share {
  readonly provider: string;
  /** Of the nodes that ran, 0 to 1. */
  readonly nodes: number;
  /** Of the run's duration, 0 to 1. */
  readonly time: number;
}

const profileSchema = z.array(
  z.looseObject({
    cat: z.string(),
    name: z.string(),
    ts: z.number(),
    dur: z.number(),
    args: z.looseObject({ provider: z.string().optional() }).optional(),
  }),
);

/**
 * Which providers ran the last run of a profile, most time first.
 *
 * A node of an accelerator ends when its work has been handed over, so the times of its nodes say little: with WebGPU
 * they were 2 ms of a run of 31 s. A node on the CPU ends when it is computed. All time that no node on the CPU accounts
 * for is therefore the accelerators', divided among them by their nodes' times.
 * @param profile as onnxruntime writes it, parsed from JSON
 * @throws when it is no profile or holds no run
 */
export function sharesOf(profile: unknown): Share[] {
  const events = profileSchema.parse(profile);
  const run = events.findLast(({ cat, name }) => cat === 'Session' && name === 'model_run');
  if (run === undefined) throw new Error('expected a run in the profile of the runtime, got none');
  const within = (ts: number) => ts >= run.ts && ts <= run.ts + run.dur;
  const nodes = new Map<string, { count: number; time: number }>();
  for (const { cat, ts, dur, args } of events) {
    if (cat !== 'Node' || args?.provider === undefined || !within(ts)) continue;
    const provider = providerOfRuntimeName(args.provider);
    const before = nodes.get(provider) ?? { count: 0, time: 0 };
    nodes.set(provider, { count: before.count + 1, time: before.time + dur });
  }
  const count = [...nodes.values()].reduce((sum, own) => sum + own.count, 0);
  const accelerators = [...nodes].filter(([provider]) => provider !== 'cpu');
  // Times are whole microseconds: one more for each keeps those apart that took none.
  const handedOver = accelerators.reduce((sum, [, { time }]) => sum + time + 1, 0);
  const onCpu = accelerators.length === 0 ? 1 : Math.min(1, (nodes.get('cpu')?.time ?? 0) / Math.max(1, run.dur));
  return [...nodes]
    .map(([provider, own]) => ({
      provider,
      nodes: own.count / count,
      time: provider === 'cpu' ? onCpu : ((1 - onCpu) * (own.time + 1)) / handedOver,
    }))
    .toSorted((one, other) => other.time - one.time);
}

/** Shares in words: `webgpu 100 % of the nodes and 98 % of the time`, ... */
export function describeShares(shares: readonly Share[]): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return shares
    .map(({ provider, nodes, time }) => `${provider} ${percent(nodes)} of the nodes and ${percent(time)} of the time`)
    .join(', ');
}
