import { parentPort } from 'node:worker_threads';
import type { Picture } from './color-spaces.ts';
import { proposeRegions } from './propose-regions.ts';
import type { ProposedRegion } from './region.ts';

// A thread that proposes regions for one picture at a time, see `ProposalWorker`.

export interface ProposalRequest {
  readonly picture: Picture;
  readonly max: number;
}

export type ProposalReply = { readonly regions: readonly ProposedRegion[] } | { readonly error: string };

parentPort?.on('message', (request: ProposalRequest) => parentPort?.postMessage(replyTo(request)));

function replyTo({ picture, max }: ProposalRequest): ProposalReply {
  try {
    return { regions: proposeRegions(picture, { max }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
