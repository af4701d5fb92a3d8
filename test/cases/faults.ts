/** Tests of one file. */
export interface FaultTests {
  /** Relative to the repository. */
  readonly file: string;
  /** Names of the tests. @default all of the file */
  readonly names?: RegExp;
}

/** The tests that hold the right outcome of each fault, by its name in FAULTS.md. */
export const faults: Readonly<Record<string, readonly FaultTests[]>> = {
  'One slow picture takes its batch along, without rows': [
    { file: 'test/slow/slow-image.test.ts' },
    { file: 'test/lambdas/ingest/slow-images.test.ts' },
  ],
  'No bound on the scans of a JPEG': [
    { file: 'test/shared/images/cropper/image-cropper.test.ts', names: /beyond the limits/ },
  ],
  'WebP and GIF are not measured against their bytes': [{ file: 'test/shared/images/decode/too-few-bytes.test.ts' }],
  'File names that are not UTF-8 merge into one row and are called `object_gone`': [
    { file: 'test/flow/byte-names.test.ts', names: /not UTF-8/ },
  ],
  'Rejected images make tiny parts': [
    { file: 'test/shared/rows/gathered-rows.test.ts' },
    { file: 'test/cli/engine/run/run-pipeline.test.ts', names: /rejected images/ },
  ],
  'A full cache disk breaks pictures': [{ file: 'test/flow/full-disk.test.ts', names: /thumbnails|part by part/ }],
  'A bucket that cannot be listed': [
    { file: 'test/s3-servers/odd-keys.test.ts' },
    { file: 'test/shared/stores/aws/s3-answers.test.ts', names: /listing/ },
  ],
  'Made-up credentials': [
    { file: 'test/shared/stores/aws/clients.test.ts', names: /credentials/ },
    { file: 'test/flow/configured-endpoint.test.ts', names: /credentials/ },
  ],
  '`AWS_ENDPOINT_URL=http://localhost:…`': [
    { file: 'test/flow/configured-endpoint.test.ts', names: /AWS_ENDPOINT_URL/ },
  ],
  'A store that never answers': [
    { file: 'test/flow/silent-store.test.ts' },
    { file: 'test/shared/stores/aws/answer-watch.test.ts' },
    { file: 'test/cli/terminal/run-progress.test.ts', names: /remaining time/ },
  ],
  'Keys `./dot.jpg`, `../up.jpg` in S3': [
    { file: 'test/s3-servers/odd-keys.test.ts', names: /listed/ },
    { file: 'test/flow/replay-odd-events.test.ts', names: /dot segments/ },
  ],
  Versions: [
    { file: 'test/s3-servers/versions.test.ts' },
    { file: 'test/results/questions/finished-images.test.ts', names: /versions/ },
  ],
  Leftovers: [{ file: 'test/shared/stores/local/temporary-folder.test.ts' }],
  'A bit flip in a part can change an id without a word': [{ file: 'test/results/open/check-part.test.ts' }],
  'Names on the terminal and in CSV': [
    { file: 'test/results/export/escape-controls.test.ts' },
    { file: 'test/flow/byte-names.test.ts', names: /control characters|spreadsheets/ },
  ],
  'ENOSPC without the path; a hidden partial name in an error': [
    { file: 'test/flow/full-disk.test.ts', names: /named/ },
  ],
  'Dead letters for images that are classified': [{ file: 'test/flow/failures.test.ts', names: /classified/ }],
};
