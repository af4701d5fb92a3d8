/** Converts message bodies to the text that a queue carries, and back. */
export interface Codec<T> {
  encode(body: T): string;
  /** @throws {Failure} if the text is not a valid body */
  decode(text: string): T;
}

/** Bodies that are the message text itself. */
export const textCodec: Codec<string> = { encode: (body) => body, decode: (text) => text };
