import { type Command, InvalidArgumentError } from 'commander';
import { galleryApp } from '../../gallery/server/app.ts';
import { listen } from '../../gallery/server/listen.ts';
import { readPageFiles } from '../../gallery/server/page-files.ts';
import type { GalleryCommands } from '../../gallery/server/responses.ts';
import { answerWatch } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import { type GalleryOptions, openGallery } from '../engine/serve/open-gallery.ts';
import { watchResults } from '../engine/serve/watch-results.ts';
import { modelProgress } from '../terminal/model-progress.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions } from './pipeline-options.ts';

interface ServeOptions extends GalleryOptions {
  readonly port: number;
  readonly host: string;
  readonly json?: boolean;
}

export function addServeCommand(program: Command): void {
  addStoreOptions(program.command('serve'))
    .summary('show results and images in the browser')
    .description(
      'Serve a local web page of the results until interrupted: a grid of images with their labels, filters, similar ' +
        'images, failures and live progress of jobs. The page is read-only and loads nothing from the internet.',
    )
    .option(
      '--model <name>',
      'model of the results, by name or directory, to search by an image dropped on the page (default: if it was used on this machine)',
    )
    .option('--images <location>', 'where the images are now, if they were moved: a folder or s3://bucket/prefix')
    .option('--port <n>', 'port to listen on; 0 picks a free one', portNumber, 8000)
    .option('--host <address>', 'address to listen on; the default accepts only this machine', '127.0.0.1')
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: ['serve', 'serve --store s3://results/drop --port 0'],
        exitCodes: { 0: 'ended by Ctrl-C', 130: undefined },
      }),
    )
    .action(serve);
}

/** Reading a million images takes some seconds. */
const noticeMs = 3000;

async function serve(options: ServeOptions): Promise<void> {
  const { host, json } = options;
  const files = await readPageFiles();
  using interruption = untilInterrupted();
  const { stop } = interruption;
  const notice = setTimeout(() => console.error('reading the results…'), noticeMs);
  const progress = modelProgress(stop);
  const models = json ? {} : progress;
  const gallery = await openGallery(options, { stop, commands: commandsFor(options), models }).finally(() => {
    clearTimeout(notice);
    progress.end();
  });
  try {
    const server = await listen(galleryApp(gallery, { host, files, stopped: stop }), options);
    // The page shows that the results cannot be read; the server goes on when the store answers again.
    answerWatch()?.stopHolding();
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/`;
    console.log(json ? JSON.stringify({ url, images: gallery.live.state.images }) : `The gallery is at ${url}`);
    if (!/^(127\.|::1$|localhost$)/.test(host)) console.error('everyone who can reach this machine can see the images');
    await watchResults(gallery.live, stop);
    await server.close();
  } finally {
    await gallery.close();
  }
}

function commandsFor(options: ServeOptions): GalleryCommands {
  const { store, images } = options;
  return {
    run: followUp('run', { store, ...awsOf(options, store) }, ['./photos']),
    search: `${followUp('serve', { store, images, ...awsOf(options, store, images ?? '') })} --model <name or directory>`,
  };
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** `stop` is aborted by the first Ctrl-C or SIGTERM; a second one ends the process. */
function untilInterrupted(): Disposable & { readonly stop: AbortSignal } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of signals) process.once(signal, abort);
  return {
    stop: controller.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, abort);
    },
  };
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 2 ** 16) return Number(text);
  throw new InvalidArgumentError('Give a number from 0 to 65535.');
}
