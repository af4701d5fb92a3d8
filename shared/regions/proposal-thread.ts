import { parentPort } from 'node:worker_threads';
import type { Picture } from './color-spaces.ts';
import { type FoundRegions, findRegions, type RegionSearch } from './find-regions.ts';
import { proposeRegions } from './propose-regions.ts';
import type { ProposedRegion } from './region.ts';

// A thread that proposes regions for one picture at a time, see `ProposalWorker`.

/** Proposes the regions of a picture, or also cuts them out of an image. */
export type ProposalRequest =
  | { readonly kind: 'propose'; readonly picture: Picture; readonly max: number }
  | { readonly kind: 'find'; readonly search: RegionSearch };

export type ProposalReply =
  | { readonly kind: 'propose'; readonly result: readonly ProposedRegion[] }
  | { readonly kind: 'find'; readonly result: FoundRegions }
  | { readonly kind: 'failed'; readonly error: string };

parentPort?.on('message', (request: ProposalRequest) => {
  const reply = replyTo(request);
  const moved = reply.kind === 'find' ? reply.result.pixels.map(({ buffer }) => buffer) : [];
  parentPort?.postMessage(reply, moved);
});

function replyTo(request: ProposalRequest): ProposalReply {
  try {
    const { kind } = request;
    if (kind === 'find') return { kind, result: findRegions(request.search) };
    return { kind, result: proposeRegions(request.picture, { max: request.max }) };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error.message : String(error) };
  }
}
