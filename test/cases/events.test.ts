import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeWithFixtures } from '../support/fixtures.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { outcomeTable } from './outcome-table.ts';

const replayedSchema = z.object({
  failures: z.array(z.object({ reason: z.string(), message: z.string() })),
  rows: z.array(z.looseObject({ key: z.string(), status: z.string(), reason: z.string().nullable() })),
});

interface Expected {
  /** Keys that must be classified. */
  readonly classified?: readonly string[];
  /** Keys that must have a row of any kind: no folder can hold a file of this name. */
  readonly rows?: readonly string[];
  /** Reasons of messages that return to the queue. */
  readonly failures?: readonly string[];
}

/** The right outcome of each event, by the name of its file. */
const events: Readonly<Record<string, Expected>> = {
  'event-one-bad-record-of-three.json': { classified: ['good1.jpg', 'good2.jpg'], failures: ['invalid_event'] },
  'event-sns-as-lambda-hands-it-over.json': { classified: ['good1.jpg'] },
  'event-name-with-s3-prefix.json': { classified: ['n/s3_ObjectCreated_Put.jpg'] },
  'event-keys-with-dot-segments.json': {
    classified: ['..b.jpg'],
    rows: ['/lead.jpg', 'dou//ble.jpg', 'a/../b.jpg', '../x.jpg', './y.jpg', 'z/..', '..b.jpg', '...', 'a/.../x.jpg'],
  },
};

describeWithFixtures('the event', (fixtures) => {
  const record = outcomeTable('Events of INDEX.md');

  it.each(Object.entries(events))(
    '%s has its right outcome',
    async (file, { classified = [], rows, failures = [] }) => {
      const folder = temporaryFolder();
      for (const key of classified) await writePicture(join(folder, 'objects/drop', key));
      const args = ['replay', join(fixtures, 'cases', file), '--objects', join(folder, 'objects'), '--json'];
      const run = await runCommand([...args, '--model', await makeTinyModel(), '--store', join(folder, 'store')]);
      const replayed = replayedSchema.parse(JSON.parse(run.stdout));
      const told = replayed.failures.map(({ reason, message }) => `${reason}: ${message}`);
      record(file, [...replayed.rows.map(({ key, status }) => `${key} ${status}`), ...told].join('; '));
      const keysOf = (status?: string) =>
        replayed.rows.filter((row) => status === undefined || row.status === status).map(({ key }) => key);
      expect(keysOf('classified').toSorted()).toEqual(classified.toSorted());
      expect(keysOf()).toEqual(expect.arrayContaining([...(rows ?? classified)]));
      expect(replayed.failures.map(({ reason }) => reason)).toEqual(failures);
      expect(run.code).toBe(failures.length === 0 ? 0 : 1);
    },
  );
});

async function writePicture(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await picture(1).jpeg().toBuffer());
}
