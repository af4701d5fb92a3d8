import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { type FaultTests, faults } from './faults.ts';

// Runs the tests of every fault of FAULTS.md and prints their outcomes. Exits with 1 if a fault has no test, or a test fails.

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

type TestResult = { readonly file: string; readonly name: string; readonly status: string };

const { INCEPTION_FIXTURES = '../shared' } = process.env;
const table = readFileSync(join(repository, INCEPTION_FIXTURES, 'cases/FAULTS.md'), 'utf8');
const described = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault |'))
  .map((line) => /^\| (?:\*\*(.+?)\.?\*\*|(.+?) \|)/.exec(line))
  .map((cell) => cell?.[1] ?? cell?.[2] ?? '');
const missing = described.filter((fault) => !(fault in faults));
if (described.length === 0 || missing.length > 0) {
  throw new Error(`FAULTS.md describes faults without a test: ${missing.join('; ') || 'none found'}`);
}

const results = runTests([...new Set(Object.values(faults).flatMap((tests) => tests.map(({ file }) => file)))]);
let failed = false;
for (const [fault, tests] of Object.entries(faults)) {
  const ofFault = tests.flatMap((test) => resultsOf(test));
  const isHeld =
    tests.every((test) => resultsOf(test).length > 0) && ofFault.every(({ status }) => status === 'passed');
  failed ||= !isHeld;
  console.log(`\n${isHeld ? 'ok   ' : 'WRONG'} ${fault}`);
  for (const { name, status } of ofFault) console.log(`      ${status}: ${name}`);
  for (const test of tests)
    if (resultsOf(test).length === 0) console.log(`      no result: ${test.file} ${test.names ?? ''}`);
}
process.exitCode = failed ? 1 : 0;

function resultsOf({ file, names }: FaultTests): TestResult[] {
  return results.filter((result) => result.file === file && (names === undefined || names.test(result.name)));
}

function runTests(files: readonly string[]): TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-faults-'));
  const report = join(folder, 'report.json');
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
  const projects = ['main', 'slow', 's3'].map((name) => `--project=${name}`);
  const options = [...projects, '--reporter=json', `--outputFile=${report}`, '--reporter=dot', '--silent=passed-only'];
  spawnSync(process.execPath, [vitest, 'run', ...options, ...files], { cwd: repository, stdio: ['ignore', 2, 2] });
  const { testResults } = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
  rmSync(folder, { recursive: true });
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ file: relative(repository, name), name: fullName, status })),
  );
}
