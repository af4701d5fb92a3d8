import { readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonLines, repository } from '../support/cli.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const events = join(repository, 'events');
await mkdir(join(folder, 'folder'));

const outcomeSchema = z.object({
  handler: z.enum(['ingest', 'classify']),
  messages: z.int(),
  response: z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }),
  failures: z.array(z.object({ messageId: z.string(), reason: z.string(), message: z.string() })),
  rows: z.array(z.looseObject({ key: z.string(), status: z.string() })),
});

async function replay(file: string, ...args: string[]) {
  const store = join(folder, `store-of-${file}`);
  const options = ['--model', model, '--store', store, '--json', ...args];
  const { code, stdout, stderr } = await runCommand(['replay', join(events, file), ...options]);
  expect(stderr).toBe('');
  return { code, store, ...outcomeSchema.parse(JSON.parse(stdout)) };
}

/** Outcome of each file: exit code, messages to be delivered again, and rows as `key status`. */
const outcomes: Readonly<Record<string, { code: number; again: number; rows: string[] }>> = {
  's3-put.json': { code: 0, again: 0, rows: ['cats/tabby.jpg classified'] },
  's3-put-eventbridge.json': { code: 0, again: 0, rows: ['dogs/beagle+pup 1.png classified'] },
  's3-put-sns.json': { code: 0, again: 0, rows: ['birds/heron.webp classified'] },
  's3-put-odd-keys.json': {
    code: 0,
    again: 0,
    rows: [
      'odd/100% sure.png classified',
      'odd/fox 🦊.webp classified',
      'odd/grün 日本.jpg classified',
      'odd/one+one.jpg classified',
      'odd/two words.jpg classified',
    ],
  },
  's3-put-several-records.json': {
    code: 0,
    again: 0,
    rows: ['several/one.jpg classified', 'several/two.jpg classified'],
  },
  's3-put-versioned.json': { code: 0, again: 0, rows: ['versioned/leaf.jpg classified'] },
  's3-notification.json': { code: 0, again: 0, rows: ['cats/siamese.jpg classified'] },
  's3-deleted.json': { code: 0, again: 0, rows: ['cats/gone.jpg deleted'] },
  's3-test-event.json': { code: 0, again: 0, rows: [] },
  'submission.json': { code: 0, again: 0, rows: ['archive/maple.jpg classified'] },
  'malformed.json': { code: 1, again: 3, rows: [] },
};

describe('replay of', () => {
  it.each(Object.entries(outcomes))('%s has the outcome that its name says', async (file, expected) => {
    const { code, handler, response, rows } = await replay(file);
    expect(handler).toBe('ingest');
    const seen = rows.map(({ key, status }) => `${key} ${status}`).toSorted();
    expect({ code, again: response.batchItemFailures.length, rows: seen }).toEqual(expected);
  });

  it('crops.json passes the crop to classify, which rejects it for another model', async () => {
    const { code, handler, rows } = await replay('crops.json');
    expect({ code, handler }).toEqual({ code: 0, handler: 'classify' });
    expect(rows).toMatchObject([{ key: 'holiday/beach.jpg', status: 'rejected', reason: 'invalid_crop' }]);
  });

  it('malformed.json explains why each message would be delivered again', async () => {
    const { response, failures } = await replay('malformed.json');
    expect(failures.map(({ messageId }) => messageId)).toEqual(
      response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    );
    expect(failures.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      expect.stringMatching(/^invalid_event: expected an S3 notification.*got an object with the fields order, items$/),
      expect.stringMatching(/^invalid_event: expected an S3 event as JSON, got /),
      'invalid_event: expected a form-encoded key, got "cats/100%.jpg"',
    ]);
  });

  it('an event to skip reports the reason', async () => {
    const hidden = join(folder, 'hidden.json');
    const event = await readFile(join(events, 's3-notification.json'), 'utf8');
    await writeFile(hidden, event.replaceAll('cats/siamese.jpg', 'cats/.siamese.jpg'));
    const args = ['replay', hidden, '--objects', folder, '--model', model, '--store', join(folder, 'left-out')];
    const { code, stdout } = await runCommand(args);
    expect(code).toBe(0);
    expect(stdout).toBe(
      '1 event skipped, a hidden name or an empty folder: cats/.siamese.jpg\n' +
        'ingest: 1 message, 0 rows, 0 to be delivered again\n',
    );
    expect(JSON.parse((await runCommand([...args, '--json'])).stdout)).toMatchObject({
      skipped: [{ reason: 'clutter', name: 'cats/.siamese.jpg' }],
      leftOut: { clutter: 1 },
    });
  });

  it('a malformed event needs no objects', async () => {
    const alone = join(folder, 'alone.json');
    await copyFile(join(events, 'malformed.json'), alone);
    const { code, stdout } = await runCommand(['replay', alone, '--model', model, '--store', join(folder, 'none')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/3 to be delivered again\n {2}\S+: invalid_event: expected [^\n]+\n/);
  });

  it('every file in events/ has a test', () => {
    const files = readdirSync(events).filter((name) => name.endsWith('.json'));
    expect(files.toSorted()).toEqual([...Object.keys(outcomes), 'crops.json'].toSorted());
  });

  it('an object version is the identity of its row', async () => {
    const { rows } = await replay('s3-put-versioned.json');
    const [row] = rows;
    expect(row?.['image_id']).toBe(`drop/versioned/leaf.jpg@${row?.['version']}`);
    expect(row?.['version']).not.toBeNull();
  });

  it('a submission sets the job of its row', async () => {
    const { rows } = await replay('submission.json');
    expect(rows).toMatchObject([{ key: 'archive/maple.jpg', job: 'autumn 2019' }]);
  });

  it('the same event twice leaves one row', async () => {
    await replay('s3-put.json');
    const { store } = await replay('s3-put.json');
    const { stdout } = await runCommand(['results', '--store', store, '--format', 'jsonl']);
    expect(jsonLines(stdout)).toHaveLength(1);
  });

  it('--objects names the folder of the objects; a missing object is rejected', async () => {
    const { code, rows } = await replay('s3-put.json', '--objects', folder);
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ key: 'cats/tabby.jpg', status: 'rejected', reason: 'object_gone' }]);
  });
});

describe('replay of a file that is not an event', () => {
  it.each([
    ['nothing.json', undefined, /^cannot read the event .*nothing\.json/],
    ['text.json', 'hello', /text\.json is not JSON: /],
    ['array.json', '[]', / is not an event of .*: it contains an array$/],
    ['null.json', 'null', / is not an event of .*: it contains null$/],
    ['empty.json', '{"Records":[]}', /empty\.json has no messages: its list of Records is empty$/],
    ['word.json', '"x"', / is not an event of .*: it contains "x"$/],
    ['folder', undefined, /folder is a folder: give a JSON file with an event$/],
  ])('%s: one line, exit code 1', async (name, text, line) => {
    if (text !== undefined) await writeFile(join(folder, name), text);
    expect(await failureOf(['replay', join(folder, name), '--model', model])).toMatch(line);
  });
});

describeWithFixtures('replay with the model of the crop', (fixtures) => {
  it('crops.json is classified', async () => {
    const googlenet = join(folder, 'googlenet');
    const source = join(fixtures, 'models/googlenet-zoo.onnx');
    const labels = join(fixtures, 'models/synset_words.txt');
    await runCommand(['model', 'import', source, '--preset', 'bvlc', '--labels', labels, '--out', googlenet]);
    const { stdout } = await runCommand([
      ...['replay', join(events, 'crops.json'), '--model', googlenet],
      ...['--store', join(folder, 'crops'), '--json'],
    ]);
    expect(outcomeSchema.parse(JSON.parse(stdout)).rows).toMatchObject([
      { key: 'holiday/beach.jpg', status: 'classified' },
    ]);
  });
});
