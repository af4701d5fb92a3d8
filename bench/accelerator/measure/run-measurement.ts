import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Finding, findingSchema, type MeasureRequest, outOfTime } from './messages.ts';

export interface MeasurementOptions {
  readonly stop: AbortSignal;
  /** Folder for temporary files, which a process that is killed leaves behind. */
  readonly temporary: string;
  /** Called with each finding. The last one is `available`, `failed` or `done`. */
  readonly onFinding: (finding: Finding) => void;
}

/** Measures in a process, which is killed at the deadline or when `stop` is aborted. */
export async function runMeasurement(
  request: MeasureRequest,
  { stop, temporary, onFinding }: MeasurementOptions,
): Promise<void> {
  // The output of libraries must not mix with the report.
  const child = fork(new URL('./main.ts', import.meta.url), {
    env: { ...process.env, TMPDIR: temporary },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4000);
  });
  let last: Finding | undefined;
  child.on('message', (message: unknown) => {
    last = findingSchema.parse(message);
    onFinding(last);
  });
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, Math.max(0, request.deadline - Date.now()));
  stop.addEventListener('abort', kill);
  child.send(request, () => {});
  const [code, signal]: unknown[] = await once(child, 'close');
  clearTimeout(timer);
  stop.removeEventListener('abort', kill);
  if (last !== undefined && ['available', 'failed', 'done'].includes(last.kind)) return;
  onFinding(endOf({ code, signal, printed, request, stop }));
}

function endOf(end: {
  readonly code: unknown;
  readonly signal: unknown;
  readonly printed: string;
  readonly request: MeasureRequest;
  readonly stop: AbortSignal;
}): Finding {
  if (end.stop.aborted) return { kind: 'failed', reason: 'interrupted' };
  if (Date.now() >= end.request.deadline) {
    return { kind: 'failed', fault: outOfTime, reason: 'its share of the time is over; give more --minutes' };
  }
  const lines = end.printed.trim().split('\n');
  // Node.js and C++ print more after the error.
  const line = lines.findLast((each) => /error: |what\(\): /i.test(each)) ?? lines.at(-1);
  const how = end.signal === null ? `exit code ${String(end.code)}` : String(end.signal);
  return { kind: 'failed', reason: `the process ended with ${how}: ${line?.trim()}` };
}
