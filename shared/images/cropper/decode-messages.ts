import type { FailureReason } from '../../failures/failure.ts';
import type { DecodeLimits } from '../decode/identify.ts';
import type { DecodeJob, DecodeResult } from './decode-job.ts';

/** Starts a job in a decoder process; the bytes of the image follow through its standard input. */
export interface JobRequest {
  readonly kind: 'job';
  readonly job: DecodeJob;
  readonly limits: DecodeLimits;
  /** Length of the file. */
  readonly bytes: number;
  /** The most memory that decoding may use, bytes. */
  readonly memoryBytes: number;
  /** The most time of a core that decoding may use. */
  readonly processorSeconds: number;
}

/** Answers a `hold`: from now on the process may grow by this many bytes. */
interface Grant {
  readonly kind: 'grant';
  readonly id: number;
  readonly bytes: number;
}

export type DecoderRequest = JobRequest | Grant;

/** What a decoder process reports. */
export type DecoderReport =
  | { readonly kind: 'ready' }
  /** It waits for this much memory; `all` of the budget. */
  | { readonly kind: 'hold'; readonly id: number; readonly bytes: number | 'all' }
  | { readonly kind: 'release'; readonly id: number }
  /** @param residentBytes memory of the process after the job */
  | { readonly kind: 'done'; readonly result: DecodeResult; readonly residentBytes: number }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      readonly residentBytes: number;
    }
  /** The image exceeded a limit, and the process kills itself to stop. */
  | { readonly kind: 'exceeded'; readonly reason: FailureReason; readonly message: string };
