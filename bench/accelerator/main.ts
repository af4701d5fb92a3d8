import { appendFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { countOf } from '../../cli/terminal/count-of.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { findDevice } from './device/find-device.ts';
import { measureAll } from './measure-all.ts';
import { help, type Options, parseOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { printReport } from './report/print-report.ts';
import { isMeasured } from './report/run.ts';

// CUDA then counts cards as nvidia-smi does.
process.env['CUDA_DEVICE_ORDER'] ??= 'PCI_BUS_ID';

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else await main(options);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`bench:accelerator: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const started = Date.now();
  if (options.json !== undefined) await checkWritable(options.json);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

  const machine = describeMachine(['onnxruntime-node', 'sharp']);
  const device = await findDevice();
  console.log(machine);
  console.log(
    'missing' in device
      ? `no NVIDIA card is sampled: ${device.missing}`
      : `${device.name}, ${device.memoryMiB} MiB, driver ${device.driver}, CUDA up to ${device.cuda ?? 'unknown'}`,
  );
  const threads = options.threads ?? availableParallelism();
  await using temporary = await temporaryFolder();
  const prepared = await prepare(options, threads, temporary.path);
  const { float, photos } = prepared;
  console.log(`${float.model.id}, ${countOf(photos.crops.length, 'photo')} to compare, ${countOf(threads, 'core')}\n`);
  const deadline = started + options.minutes * 60_000;
  const { checks, runs, feed } = await measureAll(options, prepared, { deadline, stop: interrupted.signal });
  printReport(runs, feed, threads);
  const minutes = (Date.now() - started) / 60_000;
  const end = interrupted.signal.aborted ? 'interrupted' : 'finished';
  console.log(`\n${end} after ${minutes.toFixed(1)} of ${options.minutes} minutes`);
  if (options.json !== undefined) {
    const feedRate = feed?.imagesPerSecond;
    const json = { machine, device, model: float.model.id, options, threads, checks, feedRate, runs, end, minutes };
    await writeFile(options.json, `${JSON.stringify(json, null, 2)}\n`);
  }
  if (interrupted.signal.aborted || !runs.some(isMeasured)) process.exitCode = 1;
}

/** The report is written after minutes of measuring: a wrong path must fail before them. */
async function checkWritable(path: string): Promise<void> {
  await appendFile(path, '').catch(({ code }: NodeJS.ErrnoException) => {
    throw new UserError(`--json ${path} cannot be written (${code}): give a file in an existing folder`);
  });
}
