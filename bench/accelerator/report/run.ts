import type { Provider } from '../../../shared/inference/accelerator/provider.ts';
import type { Precision } from '../../../shared/models/reference-output.ts';
import type { DeviceUse } from '../device/parse-device-sample.ts';
import type { DeviceSampler } from '../device/sample-device.ts';
import { type Finding, outOfTime } from '../measure/messages.ts';

/** One network on one provider, with what was found so far. Findings with a period have the use of the card in it. */
export interface Run {
  readonly provider: Provider;
  readonly precision: Precision;
  /** How long it took. */
  readonly ms: number;
  /** Name of the model with its digest; undefined if there is none in this precision. */
  readonly model?: string;
  readonly findings: readonly (Finding & { readonly device?: DeviceUse })[];
}

type FindingOf<Kind extends Finding['kind']> = Extract<Finding, { readonly kind: Kind }> & {
  readonly device?: DeviceUse;
};

/** The findings of a kind, in order. */
export function findingsOf<Kind extends Finding['kind']>({ findings }: Pick<Run, 'findings'>, kind: Kind) {
  return findings.filter((finding): finding is FindingOf<Kind> => finding.kind === kind);
}

/** How much more time there must be than a measurement had at first. */
const moreTime = 1.2;

/** Whether a measurement lacked time, and now there is more. */
export function isWorthRepeating({ findings, ms }: Run, leftMs: number): boolean {
  return leftMs >= moreTime * ms && findings.some((finding) => 'fault' in finding && finding.fault === outOfTime);
}

/** Adds the use of the card in the period of a finding, if it has one. */
export function usedDevice(finding: Finding, device: Pick<DeviceSampler, 'use'>): Run['findings'][number] {
  return 'start' in finding ? { ...finding, device: device.use(finding.start, finding.end) } : finding;
}

/** Whether a rate was measured, on a provider that is no CPU. */
export function isMeasured(run: Run): boolean {
  return run.provider !== 'cpu' && findingsOf(run, 'rate').length > 0;
}
