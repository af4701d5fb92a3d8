import { z } from 'zod';
import { providerOfRuntimeName } from './provider.ts';

/** A provider's share of one run of a network. */
export interface Share {
  readonly provider: string;
  /** Of the nodes that ran, 0 to 1. */
  readonly nodes: number;
  /** Of the duration of the run, 0 to 1. */
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
 * An accelerator's node ends once its work has been submitted, so its node times are meaningless: with WebGPU they were
 * 2 ms of a run of 31 s. A CPU node ends when it has been computed. All time outside CPU nodes is therefore the
 * accelerators', divided among them by the times of their nodes.
 * @param profile onnxruntime's profile, parsed from JSON
 * @throws if it is not a profile or contains no run
 */
export function sharesOf(profile: unknown): Share[] {
  const events = profileSchema.parse(profile);
  const run = events.findLast(({ cat, name }) => cat === 'Session' && name === 'model_run');
  if (run === undefined) throw new Error('expected a run in the profile of the runtime, got none');
  const within = (ts: number) => ts >= run.ts && ts <= run.ts + run.dur;
  const totals = new Map<string, { count: number; time: number }>();
  for (const { cat, ts, dur, args } of events) {
    if (cat !== 'Node' || args?.provider === undefined || !within(ts)) continue;
    const provider = providerOfRuntimeName(args.provider);
    const total = totals.get(provider) ?? { count: 0, time: 0 };
    totals.set(provider, { count: total.count + 1, time: total.time + dur });
  }
  const nodes = [...totals.values()].reduce((sum, { count }) => sum + count, 0);
  const accelerators = [...totals].filter(([provider]) => provider !== 'cpu');
  // Times are whole microseconds: adding one keeps apart providers whose nodes took none.
  const submitted = accelerators.reduce((sum, [, { time }]) => sum + time + 1, 0);
  const onCpu = accelerators.length === 0 ? 1 : Math.min(1, (totals.get('cpu')?.time ?? 0) / Math.max(1, run.dur));
  return [...totals]
    .map(([provider, { count, time }]) => ({
      provider,
      nodes: count / nodes,
      time: provider === 'cpu' ? onCpu : ((1 - onCpu) * (time + 1)) / submitted,
    }))
    .toSorted((a, b) => b.time - a.time);
}

/** For example `webgpu 100 % of the nodes and 98 % of the time, cpu …`. */
export function describeShares(shares: readonly Share[]): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return shares
    .map(({ provider, nodes, time }) => `${provider} ${percent(nodes)} of the nodes and ${percent(time)} of the time`)
    .join(', ');
}
