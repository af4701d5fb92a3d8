import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { builtInModels, defaultModelName } from '../../model/catalog/built-in-models.ts';
import { repository } from '../support/cli.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { freePort } from '../support/listen.ts';
import { catalogFile, serveFiles, writeCatalog } from '../support/model-catalog.ts';
import { blocksOf, pageBlocks, pasteInShell } from '../support/page-commands.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type PageCommand, pageCommands, shapeOf } from './transcript.ts';

const execute = promisify(execFile);

/** Commands of the README that are not run here. */
const notRun: Readonly<Record<string, string>> = {
  'npx cdk bootstrap': 'needs an AWS account',
  'npx cdk deploy': 'needs an AWS account; test/cloud stands up its template',
  'npm test': 'this is one of the tests that it runs',
};

describeWithFixtures('README.md', (fixtures) => {
  it('prints what it shows, from a clean copy of the repository and an empty cache', async () => {
    const home = temporaryFolder();
    const copy = join(home, 'inception-batch');
    await copyRepository(copy);
    await cp(join(fixtures, 'photos'), join(copy, 'photos'), { recursive: true });
    await writeFile(join(copy, 'photos/notes.jpg'), 'not a photo\n');
    const photo = 'n01440764_tench.jpg';
    await mkdir(join(home, 'elsewhere/photos'), { recursive: true });
    await copyFile(join(fixtures, 'photos', photo), join(home, 'elsewhere/photos', photo));
    const environment = { ...(await environmentOf(fixtures)), HOME: home, XDG_CACHE_HOME: join(home, '.cache') };
    const [example] = await blocksOf('README.md', 'ts');
    if (example !== undefined) await writeFile(join(home, 'elsewhere/classify.mts'), example.code);

    const markdown = await readFile(join(repository, 'README.md'), 'utf8');
    const commands = pageCommands(pageBlocks(markdown)).filter(({ code }) => reasonNotToRun(code) === undefined);
    const pasted = await pasteInShell(await Promise.all(commands.map(endedServer)), copy, environment);
    const outputs = pasted.map((block) => ({ ...block, output: block.output.replaceAll(home, '/home/me') }));
    await mkdir(join(repository, '.cache'), { recursive: true });
    const text = outputs.map(({ code, output }) => `$ ${code}\n${output}\n`).join('');
    await writeFile(join(repository, '.cache/readme.txt'), text);
    expect(outputs.find(({ code }) => code.includes('node classify.mts'))?.output).toMatch(
      /^photos\/n01440764_tench\.jpg tench/m,
    );
    for (const { code, shown, output } of outputs) {
      expect.soft(output, code).not.toMatch(/npm warn|\bWarning\b/);
      if (shown !== undefined) expect.soft(shapeOf(output), code).toBe(shapeOf(shown));
    }
  });

  it('lists no command as not run that it does not contain', async () => {
    const markdown = await readFile(join(repository, 'README.md'), 'utf8');
    expect(Object.keys(notRun).filter((command) => !markdown.includes(command))).toEqual([]);
  });
});

function reasonNotToRun(code: string): string | undefined {
  return Object.entries(notRun).find(([command]) => code.includes(command))?.[1];
}

/** What git has or would add, as in a clone. */
async function copyRepository(to: string): Promise<void> {
  const { stdout } = await execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    maxBuffer: 2 ** 26,
  });
  for (const path of stdout.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(repository, path), join(to, path));
  }
}

/** A user's environment: the published files come from a server of this test, S3 is an emulator. */
async function environmentOf(fixtures: string): Promise<NodeJS.ProcessEnv> {
  const network = await readFile(join(fixtures, 'models/googlenet-zoo.onnx'));
  const labels = await readFile(join(fixtures, 'models/synset_words.txt'));
  const { url } = await serveFiles({ 'googlenet-12.onnx': network, 'synset_words.txt': labels });
  const { about, accuracy, license, labels: classes } = builtInModels.get(defaultModelName) ?? {};
  const googlenet = {
    ...{ about, accuracy, license, classes, kind: 'import' },
    preset: 'bvlc',
    network: catalogFile('googlenet-12.onnx', network, `${url}/googlenet-12.onnx`),
    labels: catalogFile('synset_words.txt', labels, `${url}/synset_words.txt`),
  };
  const aws = await startAws();
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'my-bucket' }));
  for (const name of (await readdir(join(fixtures, 'photos'))).slice(0, 5)) {
    await aws.put('my-bucket', `photos/${name}`, await readFile(join(fixtures, 'photos', name)));
  }
  return {
    ...{ INCEPTION_CATALOG: await writeCatalog({ googlenet }), npm_config_cache: join(homedir(), '.npm') },
    ...{ AWS_ENDPOINT_URL: aws.endpoint, AWS_REGION: 'us-east-1', NODE_ENV: undefined },
    ...npmVariables(),
  };
}

/** Those of the npm that runs this test would change what npm does in the copy. */
function npmVariables(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => /^npm_/i.test(name) && name !== 'npm_config_cache');
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** `serve` runs until Ctrl-C: here until its page was read. */
async function endedServer(command: PageCommand): Promise<PageCommand> {
  if (!/^npx inception-batch serve/.test(command.code)) return command;
  const port = await freePort();
  const code = [
    `setsid ${command.code} --port ${port} & server=$!`,
    `until curl --silent --fail --output page.html http://127.0.0.1:${port}/; do kill -0 $server; sleep 0.2; done`,
    'grep -q "<title>Gallery</title>" page.html; rm page.html; kill -- -$server; wait $server || true',
  ].join('\n');
  return { ...command, code };
}
