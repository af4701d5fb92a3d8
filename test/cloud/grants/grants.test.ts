import { expect, it, vi } from 'vitest';
import type { StageSettings } from '../../infra/run-app.ts';
import { model } from '../../infra/synthesize.ts';
import type { Grant } from '../iam/policies.ts';
import { reasonAgainst } from '../not-stood-up.ts';
import { type StoodUp, standUp } from '../stand-up.ts';
import { installImage, startFunction, synthesized } from '../synthesized.ts';
import { consequences, type Failures, failuresOf, isSilent } from './consequences.ts';
import { checkJobs, classifyImages, type Exercised, regionsPerImage, runSchedules } from './exercise.ts';
import { unusedGrants } from './unused.ts';

const common = { model, transport: 'packed', regions: regionsPerImage } as const;
const pipelines: readonly [name: string, settings: StageSettings][] = [
  ['with the classify function', { ...common, classifier: 'lambda' }],
  ['with workers, over an existing bucket', { ...common, dropBucket: 'my-photos', dropPrefix: 'in/' }],
];

it.each(pipelines)('a pipeline %s fails by name without any one of its grants', async (_, settings) => {
  const assembly = await synthesized(settings);
  const cloud = await standUp({
    ...{ assembly, startFunction, installImage },
    existingBuckets: settings.dropBucket ? [settings.dropBucket] : [],
    isVersioned: (_, key) => key.includes('versioned'),
  });
  const { hostname: bucket, pathname } = new URL(cloud.output('DropBucket'));
  const exercised = { cloud, bucket, prefix: pathname.slice(1) };
  await classifyImages(exercised, 'all');
  await checkJobs(exercised, 'all');
  await runSchedules(exercised);
  expect(cloud.problems()).toEqual([]);

  const grants = cloud.authorizer.grants.filter(({ role }) => reasonAgainst(role) === undefined);
  const used = grants.filter(({ name }) => cloud.authorizer.used.has(name));
  const unused = grants.filter(({ name }) => !cloud.authorizer.used.has(name));
  const reasons = unused.map(({ name }) => [name, unusedGrants.find(([pattern]) => pattern.test(name))?.[1]] as const);
  console.log(
    [
      `${grants.length} grants, ${unused.length} never used:`,
      ...reasons.map(([name, why]) => `  ${name}: ${why}`),
    ].join('\n'),
  );
  expect(reasons.filter(([, reason]) => reason === undefined)).toEqual([]);

  expect(unusedGrants.filter(([pattern]) => !unused.some(({ name }) => pattern.test(name)))).toEqual([]);

  const harmless: string[] = [];
  for (const [index, grant] of used.entries()) {
    await cloud.redeploy(grant.role, grant.name);
    const before = failuresOf(cloud, grant);
    const failure = await exerciseRole(exercised, grant, `without-${index}`).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    // As the gateway reports it, or as the program's own error does.
    const refused = new RegExp(
      `assumed-role/${grant.role}/\\w+ (may not|is not authorized to perform:) ${grant.action} on `,
    );
    const isNamed = failure !== undefined && refused.test(failure);
    const seen = isNamed ? await noticed(cloud, grant, { before, failure }) : [];
    const fails = isNamed && (seen.length > 0 || isSilent(grant));
    console.log(`${fails ? 'fails' : 'WORKS'} without ${grant.name} (${fails ? seen.join(', ') : failure})`);
    if (!fails) harmless.push(grant.name);
  }
  expect(harmless).toEqual([]);
});

async function exerciseRole(exercised: Exercised, { role }: Grant, run: string): Promise<void> {
  if (!role.startsWith('Watch')) await classifyImages(exercised, run);
  if (role.startsWith('Jobs')) await checkJobs(exercised, run);
  if (role.startsWith('Compact') || role.startsWith('Watch')) await runSchedules(exercised);
}

/** How the pipeline itself shows the failure: a program that ignores a refusal would leave the gateway's record only. */
async function noticed(
  cloud: StoodUp,
  grant: Grant,
  { before, failure }: { readonly before: Failures; readonly failure: string },
): Promise<string[]> {
  if (failure.includes('is not authorized to perform:')) return ['error of the program'];
  if (isSilent(grant)) return [];
  const found = () => consequences(before, failuresOf(cloud, grant));
  // The gateway's record is ahead of the program.
  await vi.waitFor(() => expect(found()).not.toEqual([]), { timeout: 60_000 }).catch(() => undefined);
  return found();
}
