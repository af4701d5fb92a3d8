import { sqsLimits } from '../stores/aws/sqs-limits.ts';
import { encodeCropEnvelope } from './crop-envelope.ts';
import { type CropMessage, chunksOf, pixelBytes } from './crop-message.ts';
import { packLimits, splitIntoPacks } from './split-into-packs.ts';
import { base64Bytes, type Transport } from './transport.ts';
import { type Bill, dollarsOf, queueRequests } from './transport-cost.ts';

/** A message to send, with its index among all messages. */
export interface Outgoing {
  readonly index: number;
  readonly message: CropMessage;
}

export interface SendPlan {
  readonly inline: readonly Outgoing[];
  /** The chunks of each pack. Those of one message may be in several. */
  readonly packs: readonly (readonly PackedChunk[])[];
}

/** A chunk of a message's pixels, see `chunksOf`. */
export interface PackedChunk extends Outgoing {
  readonly pixels: Uint8Array;
}

/** Bytes that a pointer adds to a message: a bucket name, a long prefix and two numbers. */
const pointerBytes = 256;

/** Decides which messages are sent inline, and which share a pack. */
export function planSend(messages: readonly CropMessage[], transport: Transport): SendPlan {
  const all = messages.map((message, index) => ({ index, message }));
  if (transport === 'inline') return { inline: all, packs: [] };
  const packed: SendPlan = { inline: [], packs: packsOf(all) };
  if (transport === 'packed') return packed;
  const headers = new Map(all.map(({ message }) => [message, headerBytes(message)]));
  const headerOf = (message: CropMessage) => headers.get(message) ?? headerBytes(message);
  const fits = ({ message }: Outgoing) => inlineBytes(message, headerOf) <= sqsLimits.bytes;
  const inline: SendPlan = { inline: all.filter(fits), packs: packsOf(all.filter((outgoing) => !fits(outgoing))) };
  const dollars = (plan: SendPlan) => {
    const { requests, kept } = dollarsOf(billOf(plan, headerOf));
    return requests + kept;
  };
  return dollars(packed) < dollars(inline) ? packed : inline;
}

/**
 * The bill for sending, receiving and deleting messages and for their packs. It assumes the worst case: every image of a
 * pack is received, and so read, on its own.
 * @param headerOf bytes of a message without its pixels
 */
export function billOf({ inline, packs }: SendPlan, headerOf: (message: CropMessage) => number = headerBytes): Bill {
  const chunks = packs.flat();
  const pointers = [...new Set(chunks.map(({ message }) => message))];
  const slices = packs.reduce((sum, pack) => sum + new Set(pack.map(({ message }) => message)).size, 0);
  const sizes = [
    ...inline.map(({ message }) => inlineBytes(message, headerOf)),
    ...pointers.map((message) => headerOf(message) + pointerBytes),
  ];
  return {
    sqs: queueRequests(sizes),
    puts: packs.length,
    gets: slices,
    packedBytes: sum(chunks.map(({ pixels }) => pixels.byteLength)),
  };
}

function inlineBytes(message: CropMessage, headerOf: (message: CropMessage) => number): number {
  return headerOf(message) + base64Bytes(pixelBytes(message));
}

function packsOf(outgoing: readonly Outgoing[]): PackedChunk[][] {
  const chunks = outgoing.flatMap((sent) => chunksOf(sent.message).map((pixels) => ({ ...sent, pixels })));
  const startsImage = ({ message, pixels }: PackedChunk) => (pixels === message.tensor.pixels ? 1 : 0);
  return splitIntoPacks(chunks, ({ pixels }) => pixels.byteLength, packLimits, startsImage);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of a message without its pixels. */
function headerBytes({ tensor, regions, ...rest }: CropMessage): number {
  const envelope = { ...rest, tensor: { ...tensor, pixels: new Uint8Array() } };
  return Buffer.byteLength(
    encodeCropEnvelope(regions ? { ...envelope, regions: { ...regions, pixels: [] } } : envelope),
  );
}
