import type { Provider } from '../../shared/inference/accelerator/provider.ts';
import type { Budget } from './budget.ts';
import { adviceFor } from './device/advice.ts';
import type { Finding } from './measure/messages.ts';
import { runMeasurement } from './measure/run-measurement.ts';
import type { Prepared } from './prepare.ts';

/** Loading a network takes seconds. */
const timeoutMs = 60_000;

export interface ProviderCheck {
  readonly provider: Provider;
  /** Why it is not available; undefined if it is. */
  readonly reason?: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Loads the float network with each provider, and prints which are available, and what to do about the others. */
export async function checkProviders(
  providers: readonly Provider[],
  { request, float, work }: Prepared,
  { budget, stop }: { readonly budget: Budget; readonly stop: AbortSignal },
): Promise<ProviderCheck[]> {
  const checks: ProviderCheck[] = [];
  for (const provider of providers) {
    if (stop.aborted) break;
    let last: Finding = { kind: 'available' };
    const deadline = Date.now() + Math.min(timeoutMs, budget.leftMs);
    await runMeasurement(
      { ...request, provider, model: float.directory, deadline, checkOnly: true },
      {
        stop,
        temporary: work,
        onFinding(finding) {
          last = finding;
        },
      },
    );
    const check = checkOf(provider, last);
    console.log(`${provider.padEnd(9)} ${check.reason === undefined ? 'available' : `not available: ${check.reason}`}`);
    if (check.advice !== undefined) console.log(`${' '.repeat(10)}${check.advice}`);
    checks.push(check);
  }
  return checks;
}

function checkOf(provider: Provider, finding: Finding): ProviderCheck {
  if (finding.kind !== 'failed') return { provider };
  return { provider, reason: finding.reason, advice: adviceFor(provider, finding.reason) };
}
