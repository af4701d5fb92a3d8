import { Readable } from 'node:stream';

export interface BodyHooks {
  /** Called before each wait for bytes. */
  readonly onWait: () => void;
  /** Called when bytes arrive that did not arrive before. */
  readonly onBytes: () => void;
  /** Called once, when the body is read or abandoned. */
  readonly onClose: () => void;
  /** The body of another response to the same request. @throws the given error if it does not help */
  readonly repeat: (error: unknown) => Promise<Readable>;
}

/** A body that continues with another response if one breaks off. The bytes that arrived before are skipped in it. */
export function heldBody(body: Readable, { onWait, onBytes, onClose, repeat }: BodyHooks): Readable {
  let source = body;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let received = 0;
    for (;;) {
      let skip = received;
      try {
        onWait();
        for await (const part of source) {
          const chunk: Uint8Array = part;
          const fresh = chunk.subarray(skip);
          skip -= chunk.byteLength - fresh.byteLength;
          if (fresh.byteLength === 0) continue;
          received += fresh.byteLength;
          onBytes();
          yield fresh;
          onWait();
        }
        return;
      } catch (error) {
        source = await repeat(error);
      }
    }
  }
  const held = Readable.from(chunks(), { objectMode: false });
  held.once('close', () => {
    // A body that nobody has read still holds its connection.
    source.destroy();
    onClose();
  });
  return held;
}
