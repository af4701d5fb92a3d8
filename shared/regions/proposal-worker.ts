import { extname } from 'node:path';
import { isMarkedAsUntransferable, Worker } from 'node:worker_threads';
import { Failure } from '../failures/failure.ts';
import type { Picture } from './color-spaces.ts';
import type { FoundRegions, RegionSearch } from './find-regions.ts';
import type { ProposalReply, ProposalRequest } from './proposal-thread.ts';
import type { ProposedRegion } from './region.ts';

interface Pending {
  resolve(reply: ProposalReply): void;
  reject(failure: Failure): void;
}

/** A thread that proposes the regions of one picture at a time. It keeps the program running only while it does. */
export class ProposalWorker {
  readonly #worker: Worker;
  #pending: Pending | undefined;
  #end: Failure | undefined;

  constructor() {
    const script = new URL(`./proposal-thread${extname(import.meta.url)}`, import.meta.url);
    // Flags are about the program: a thread refuses --input-type, with which a program without a file starts.
    this.#worker = new Worker(script, { execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (reply: ProposalReply) => this.#settle(reply));
    this.#worker.on('error', (cause) => this.#lose(lost(`failed: ${cause}`, cause)));
    this.#worker.on('exit', () => this.#lose(lost('has ended')));
  }

  /** Whether it can take another picture. */
  get isAlive(): boolean {
    return this.#end === undefined;
  }

  /**
   * @param picture whose pixels move to the thread, where their memory can be moved
   * @throws {Failure} `internal` if the thread ends, or the picture is not valid
   */
  async propose(picture: Picture, max: number): Promise<ProposedRegion[]> {
    const moved = movable(picture);
    const reply = await this.#request({ kind: 'propose', picture: moved, max }, [moved.pixels.buffer]);
    if (reply.kind !== 'propose') throw new Failure('internal', `expected regions, got the reply ${reply.kind}`);
    return [...reply.result];
  }

  /** Proposes regions and cuts them out. @param search whose pixels move to the thread; throws as `propose` */
  async find({ picture, image, ...search }: RegionSearch): Promise<FoundRegions> {
    const moved = { picture: movable(picture), image: movable(image) };
    const buffers = [moved.picture.pixels.buffer, moved.image.pixels.buffer];
    const reply = await this.#request({ kind: 'find', search: { ...search, ...moved } }, buffers);
    if (reply.kind !== 'find') throw new Failure('internal', `expected crops of regions, got the reply ${reply.kind}`);
    return reply.result;
  }

  #request(request: ProposalRequest, moved: readonly ArrayBuffer[]): Promise<ProposalReply> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end);
      this.#pending = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(request, moved);
    });
  }

  /** Ends the thread; its picture fails for this reason. */
  async close(reason: Failure): Promise<void> {
    this.#lose(reason);
    await this.#worker.terminate();
  }

  #settle(reply: ProposalReply): void {
    const pending = this.#take();
    if (reply.kind === 'failed')
      pending?.reject(new Failure('internal', `regions could not be proposed: ${reply.error}`));
    else pending?.resolve(reply);
  }

  /** Keeps the first reason: a thread that fails also exits. */
  #lose(reason: Failure): void {
    this.#end ??= reason;
    this.#take()?.reject(this.#end);
  }

  #take(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#worker.unref();
    return pending;
  }
}

function lost(how: string, cause?: unknown): Failure {
  return new Failure('internal', `the thread that proposes regions ${how}`, { cause });
}

/** The same picture in memory that can be moved to a thread and has no other owner. Buffers of libraries and pools cannot. */
function movable({ pixels, width, height }: Picture): Picture & { readonly pixels: Uint8Array<ArrayBuffer> } {
  const { buffer } = pixels;
  const isWhole = buffer.byteLength === pixels.byteLength;
  const isMovable = buffer instanceof ArrayBuffer && isWhole && !isMarkedAsUntransferable(buffer);
  return { pixels: isMovable ? new Uint8Array(buffer) : new Uint8Array(pixels), width, height };
}
