import {
  type ClassifiedImage,
  type ClassifyOptions,
  type EmbedOptions,
  Failure,
  type FailureReason,
  type ImageInput,
  type ImageOutcome,
  type ImageProposals,
  type ImageRegion,
  type OpenedModel,
  type OpenModelOptions,
  openModel,
  type ProposedRegion,
  type ProposeRegionsOptions,
  type proposeRegions,
  type RegionsOutcome,
  type RejectedImage,
  UserError,
} from 'inception-batch';
import type {
  BatchHandler,
  IngestedImage,
  IngestParts,
  openClassifyHandler,
  openIngestHandler,
} from 'inception-batch/lambdas';
import {
  type EnsembleModelOptions,
  ensembleModel,
  type ImportModelOptions,
  importModel,
  type optimizeModel,
  quantizeModel,
  type WrittenModel,
} from 'inception-batch/model';
import type {
  openResults,
  SimilarImageOptions,
  SqlRow,
  SqlValue,
  StoredResults,
  StoredRow,
  StoreOptions,
} from 'inception-batch/results';

// Checked by tsc in the folder of a user, where the package is installed: what the types allow, and what they refuse.

/** True only for the same type; `any` is not the same as another type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_T extends true>(): void {}

holds<Same<ReturnType<typeof openModel>, Promise<OpenedModel>>>();
holds<Same<ImageOutcome, ClassifiedImage | RejectedImage>>();
holds<Same<ClassifiedImage['embedding'], Float32Array>>();
holds<Same<ClassifiedImage['top'][number]['probability'], number>>();
holds<Same<ClassifiedImage['regions'], readonly ImageRegion[] | undefined>>();
holds<Same<ImageRegion['x' | 'objectness'], number>>();
holds<Same<RejectedImage['reason'], FailureReason>>();
holds<Same<Awaited<ReturnType<OpenedModel['embed']>>, Float32Array>>();
holds<Same<ReturnType<typeof proposeRegions>, AsyncIterableIterator<RegionsOutcome>>>();
holds<Same<ImageProposals['regions'], readonly ProposedRegion[]>>();
holds<Same<ReturnType<OpenedModel['classify']>, AsyncIterableIterator<ImageOutcome>>>();
holds<Same<ReturnType<typeof openResults>, Promise<StoredResults>>>();
holds<Same<ReturnType<StoredResults['rows']>, AsyncIterable<StoredRow>>>();
holds<Same<SqlRow[string], SqlValue>>();
holds<Same<StoredRow['bytes'], number | null>>();
holds<Same<StoredRow['status'], 'classified' | 'rejected' | 'deleted'>>();
holds<Same<ReturnType<typeof importModel>, Promise<WrittenModel>>>();
holds<Same<Awaited<ReturnType<typeof optimizeModel>>['agreement']['images'], number>>();
holds<Same<Awaited<ReturnType<typeof quantizeModel>>['id'], string>>();
holds<Same<Awaited<ReturnType<typeof ensembleModel>>['maxDifference'], number>>();
holds<Same<ReturnType<typeof openIngestHandler>, Promise<BatchHandler>>>();
holds<Same<ReturnType<typeof openClassifyHandler>, Promise<BatchHandler>>>();
holds<Same<IngestedImage['outcome'], 'sent' | 'rejected' | 'retried' | 'deleted' | 'skipped'>>();

/** Options may be undefined, also with exactOptionalPropertyTypes. */
export function passes(signal?: AbortSignal, text?: string, count?: number): unknown[] {
  const opened: OpenModelOptions = { signal, threads: count, batch: count, onStep: undefined };
  const called: ClassifyOptions = { signal, regions: count };
  const embedded: EmbedOptions = { signal };
  const proposed: ProposeRegionsOptions = { signal, max: count, threads: count };
  const stored: StoreOptions = { endpoint: text, region: text };
  const similar: SimilarImageOptions = { signal, job: text, limit: count };
  const imported: ImportModelOptions = { source: '', out: '', labels: null, preset: text, name: text };
  const combined: EnsembleModelOptions = { sources: ['', ''], out: '', embeddingOf: text, name: text };
  const parts: IngestParts = { onImage: undefined };
  return [opened, called, embedded, proposed, stored, similar, imported, combined, parts];
}

// @ts-expect-error: any would hold too
holds<Same<ClassifiedImage['embedding'], Float64Array>>();

export async function refusals(model: OpenedModel, results: StoredResults, outcome: ImageOutcome): Promise<void> {
  // @ts-expect-error: an image in memory needs a name
  const unnamed: ImageInput = { bytes: new Uint8Array() };
  // @ts-expect-error: a number is no image
  model.classify([1]);
  // @ts-expect-error: a rejected image has no label
  console.log(outcome.label, unnamed);
  // @ts-expect-error: no such provider
  await openModel('googlenet', { accelerator: 'gpu' });
  // @ts-expect-error: no such status
  results.rows({ status: 'done' });
  // @ts-expect-error: similar needs an image
  await results.similar();
  // @ts-expect-error: importing needs labels, or null to number the classes
  await importModel({ source: 'a.onnx', preset: 'bvlc', out: 'b' });
  // @ts-expect-error: an ensemble needs a list of models
  await ensembleModel({ sources: 'a', out: 'b' });
  // @ts-expect-error: quantizing needs photos
  await quantizeModel({ source: 'a', out: 'b' });
  try {
    await model.embed('a.jpg');
  } catch (error) {
    if (error instanceof Failure) holds<Same<typeof error.reason, FailureReason>>();
    if (error instanceof UserError) console.log(error.message);
  }
}
