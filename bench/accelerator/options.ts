import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { type Provider, providers } from '../../shared/inference/accelerator/provider.ts';
import { type Precision, precisions } from '../../shared/models/reference-output.ts';
import { fixtures } from '../fixtures.ts';

export const help = `npm run bench:accelerator -- [options]

Checks and measures each accelerator of this machine, without network access:
whether it is available, its agreement with the CPU, images per second by batch
size, and how busy the full pipeline keeps it. An NVIDIA card is sampled with
nvidia-smi. Each network is measured in a process of its own.

  --model DIR        float model directory (default: GoogLeNet of the fixtures)
  --int8 DIR         the same model in int8; needed if the model is not GoogLeNet
  --photos DIR       folder of photos (default: those of the fixtures)
  --providers LIST   of cpu, cuda, webgpu, tensorrt (default: all); the CPU is the
                     baseline, in batches of 8
  --precisions LIST  of float, half, int8 (default: all)
  --batches LIST     batch sizes (default 1,8,32,64,128,256)
  --images N         photos to compare with the CPU (default 64)
  --seconds N        time of each rate (default 3)
  --minutes N        time of the whole command (default 10); batch sizes that do
                     not fit are skipped
  --threads N        cores that decode (default: all)
  --json FILE        also write everything to a file

Exit code 0 if an accelerator was measured, and nothing interrupted the command.
`;

export interface Options {
  readonly help: boolean;
  readonly model: string | undefined;
  readonly int8: string | undefined;
  readonly photos: string;
  readonly providers: readonly Provider[];
  readonly precisions: readonly Precision[];
  readonly batches: readonly number[];
  readonly images: number;
  readonly seconds: number;
  readonly minutes: number;
  readonly threads: number | undefined;
  readonly json: string | undefined;
}

/** TensorRT last: it builds engines for minutes. */
const order: readonly Provider[] = ['cpu', 'cuda', 'webgpu', 'tensorrt'];

/** @throws {UserError} naming the invalid option and its valid values */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const numberOf = (name: 'images' | 'seconds' | 'minutes') => positive(values[name], name);
  if (values.model === undefined && !values.help && !existsSync(fixtures.googlenet)) {
    throw new UserError(`give --model DIR, a float model directory, or INCEPTION_FIXTURES: no ${fixtures.googlenet}`);
  }
  const chosen = listOf(values.providers, 'providers', providers);
  return {
    help: values.help,
    model: values.model,
    int8: values.int8,
    photos: values.photos,
    providers: order.filter((provider) => chosen.includes(provider)),
    precisions: listOf(values.precisions, 'precisions', precisions),
    batches: [...new Set(values.batches.split(',').map((text) => wholeNumber(text, 'batches')))],
    images: wholeNumber(values.images, 'images'),
    seconds: numberOf('seconds'),
    minutes: numberOf('minutes'),
    threads: values.threads === undefined ? undefined : wholeNumber(values.threads, 'threads'),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        model: { type: 'string' },
        int8: { type: 'string' },
        photos: { type: 'string', default: fixtures.photos },
        providers: { type: 'string', default: providers.join(',') },
        precisions: { type: 'string', default: precisions.join(',') },
        batches: { type: 'string', default: '1,8,32,64,128,256' },
        images: { type: 'string', default: '64' },
        seconds: { type: 'string', default: '3' },
        minutes: { type: 'string', default: '10' },
        threads: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    // Node's message has several sentences or lines; the first one names the argument.
    const [problem] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UserError(`${problem}, see --help`);
  }
}

function listOf<Name extends string>(text: string, option: string, known: readonly Name[]): Name[] {
  const names = text.split(',');
  const unknown = names.find((name) => !known.some((each) => each === name));
  if (unknown === undefined) return known.filter((name) => names.includes(name));
  throw new UserError(
    `unknown name "${unknown}" in --${option}${didYouMean(unknown, known)}: give one or more of ${known.join(',')}`,
  );
}

function wholeNumber(text: string, option: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UserError(`give whole numbers from 1 for --${option}, got "${text}"`);
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value > 0) return value;
  throw new UserError(`give a number above 0 for --${option}, got "${text}"`);
}
