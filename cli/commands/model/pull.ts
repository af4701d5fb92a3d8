import type { Command } from 'commander';
import { importModel } from '../../../model/import/import-model.ts';
import { modelCacheFolder } from '../../../model/pull/cache-folder.ts';
import { findPublishedModel, type PublishedModel, publishedModels } from '../../../model/pull/published-models.ts';
import { type PullResult, pullModel } from '../../../model/pull/pull-model.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { byteProgress } from '../../terminal/byte-progress.ts';
import { importLine, importSummary } from './import.ts';

interface PullCommandOptions {
  readonly url?: string;
  readonly out?: string;
  readonly labels?: string;
  readonly json?: boolean;
}

export function addPullCommand(model: Command): void {
  model
    .command('pull')
    .argument('<name>', `published network: ${publishedModels.map(({ name }) => name).join(', ')}`)
    .summary('download a published network')
    .description(
      "Download a published network into the user's cache folder and check its SHA-256 digest. An interrupted download " +
        'is resumed; a file that is already in the cache is not downloaded again.',
    )
    .option('--url <url>', 'download from this address, such as your own mirror')
    .option('--out <dir>', 'also import the network into this model directory')
    .option('--labels <file>', 'label file for --out with one class per line: id, space, name')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model pull googlenet --labels synset_words.txt --out .cache/googlenet\n',
    )
    .action(async (name: string, { url, out, labels, json }: PullCommandOptions) => {
      const published = findPublishedModel(name);
      if (labels !== undefined && out === undefined) throw new UserError('--labels needs --out: give both');
      const pulled = await pullWithProgress(published, url);
      const imported =
        out === undefined
          ? undefined
          : await importModel({ source: pulled.path, preset: published.preset, labels, out });
      if (json) {
        const { file, bytes, sha256 } = published;
        const summary = { name, file, bytes, sha256, path: pulled.path, url: pulled.url ?? null };
        console.log(JSON.stringify({ ...summary, imported: imported === undefined ? null : importSummary(imported) }));
        return;
      }
      console.log(
        pulled.url === undefined ? `${pulled.path} is already downloaded` : `${pulled.path} from ${pulled.url}`,
      );
      if (imported !== undefined) console.log(importLine(imported, published.file));
    });
}

async function pullWithProgress(published: PublishedModel, url: string | undefined): Promise<PullResult> {
  const progress = byteProgress(published.file);
  try {
    return await pullModel(published, {
      cacheFolder: modelCacheFolder(process.env),
      url,
      onProgress: (received, bytes) => progress.show(received, bytes),
    });
  } finally {
    progress.stop();
  }
}
