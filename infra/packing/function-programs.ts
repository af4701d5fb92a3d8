/**
 * The sources of each function: the `index.ts` that exports `handler`, then those of threads and processes that it starts;
 * relative to the repository.
 */
export const functionPrograms = {
  ingest: ['lambdas/ingest/index.ts', 'shared/images/cropper/decoder-program.ts', 'shared/regions/proposal-thread.ts'],
  classify: ['lambdas/classify/index.ts', 'shared/inference/session-thread.ts'],
  compact: ['lambdas/compact/index.ts'],
  jobs: ['lambdas/jobs/index.ts'],
  watch: ['lambdas/watch/index.ts'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type FunctionName = keyof typeof functionPrograms;
