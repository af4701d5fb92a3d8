import { defaultBatchSize } from '../../shared/deployment/defaults.ts';
import type { Provider } from '../../shared/inference/accelerator/provider.ts';
import type { Precision } from '../../shared/models/reference-output.ts';
import { Budget } from './budget.ts';
import { checkProviders, type ProviderCheck } from './check-providers.ts';
import { type DeviceSampler, sampleDevice } from './device/sample-device.ts';
import type { Finding } from './measure/messages.ts';
import { runMeasurement } from './measure/run-measurement.ts';
import { type Network, networkIn } from './networks.ts';
import type { Options } from './options.ts';
import { type Feed, measureFeed } from './photos.ts';
import type { Prepared } from './prepare.ts';
import { describeFinding } from './report/describe-finding.ts';
import { isWorthRepeating, type Run, usedDevice } from './report/run.ts';

/** As a worker uses on a CPU. */
const cpuBatch = defaultBatchSize('cpu');

export interface Limits {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly stop: AbortSignal;
}

export interface Measured {
  readonly checks: readonly ProviderCheck[];
  readonly runs: readonly Run[];
  /** Undefined if no provider is available, or without time for it. */
  readonly feed: Feed | undefined;
}

/** Measures every precision of a network on every provider that is available. */
export async function measureAll(options: Options, prepared: Prepared, limits: Limits): Promise<Measured> {
  const budget = new Budget(limits.deadline);
  const checks = await checkProviders(options.providers, prepared, { budget, stop: limits.stop });
  const providers = checks.filter(({ reason }) => reason === undefined).map(({ provider }) => provider);
  if (providers.length === 0 || limits.stop.aborted) return { checks, runs: [], feed: undefined };
  const feed = await measureFeed(prepared.photos, { ...prepared, model: prepared.float.model });
  const networks = new Map<Precision, Network>();
  for (const precision of options.precisions) {
    networks.set(precision, await networkIn(precision, prepared.float.directory, { ...options, work: prepared.work }));
  }
  const device = sampleDevice();
  try {
    const pairs = pairsOf(providers, networks);
    const context = { options, prepared, feed, device, stop: limits.stop };
    const runs: Run[] = [];
    for (const [index, pair] of pairs.entries()) {
      if (limits.stop.aborted) break;
      const weights = pairs.slice(index).map(({ provider }) => weightOf(provider));
      runs.push(await measureOne(pair, { ...context, deadline: budget.deadlineOf(weightOf(pair.provider), weights) }));
    }
    await repeatUnfinished({ pairs, runs, budget, context });
    return { checks, runs, feed };
  } finally {
    device.stop();
  }
}

/** A CPU is a baseline, so that what does not pay there is left out: it computes half precision in float, only slower. */
function pairsOf(providers: readonly Provider[], networks: ReadonlyMap<Precision, Network>): Pair[] {
  return providers.flatMap((provider) =>
    Array.from(networks, ([precision, network]) => ({ provider, precision, network })).filter(
      ({ precision }) => provider !== 'cpu' || precision !== 'half',
    ),
  );
}

/** TensorRT builds engines for minutes. */
function weightOf(provider: Provider): number {
  return provider === 'tensorrt' ? 3 : 1;
}

/** Others may have left more time than a measurement had at first. */
async function repeatUnfinished({ pairs, runs, budget, context }: Unfinished): Promise<void> {
  for (const [index, pair] of pairs.entries()) {
    const run = runs[index];
    if (context.stop.aborted || run === undefined || !isWorthRepeating(run, budget.leftMs)) continue;
    runs[index] = await measureOne(pair, { ...context, deadline: budget.deadline });
  }
}

interface Unfinished {
  readonly pairs: readonly Pair[];
  /** Of the first pairs, in order. */
  readonly runs: Run[];
  readonly budget: Budget;
  readonly context: Omit<Context, 'deadline'>;
}

interface Pair {
  readonly provider: Provider;
  readonly precision: Precision;
  readonly network: Network;
}

interface Context extends Limits {
  readonly options: Options;
  readonly prepared: Prepared;
  readonly feed: Feed;
  readonly device: DeviceSampler;
}

async function measureOne({ provider, precision, network }: Pair, context: Context): Promise<Run> {
  const { options, prepared, feed, device, deadline, stop } = context;
  const run = { provider, precision };
  if ('missing' in network) return { ...run, ms: 0, findings: [{ kind: 'failed', reason: network.missing }] };
  const findings: Finding[] = [];
  const started = performance.now();
  const request = {
    ...prepared.request,
    ...{ provider, deadline, checkOnly: false, model: network.directory },
    ...{ batches: provider === 'cpu' ? [cpuBatch] : [...options.batches], measureMs: options.seconds * 1000 },
    ...{ photos: { folder: feed.folder, names: [...feed.names] }, feedRate: feed.imagesPerSecond },
  };
  const onFinding = (finding: Finding) => {
    findings.push(finding);
    const line = describeFinding(finding);
    if (line !== undefined) process.stderr.write(`${provider} ${precision}: ${line}\n`);
  };
  await runMeasurement(request, { stop, temporary: prepared.work, onFinding });
  const ms = performance.now() - started;
  return { ...run, ms, model: network.model.id, findings: findings.map((finding) => usedDevice(finding, device)) };
}
