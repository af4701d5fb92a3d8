import { sqsLimits } from '../stores/aws/sqs-limits.ts';
import { encodeCropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { splitIntoPacks } from './split-into-packs.ts';
import { base64Bytes, type Transport } from './transport.ts';
import { type Bill, dollarsOf, queueRequests } from './transport-cost.ts';

/** A message to send, with its index among all messages. */
export interface Outgoing {
  readonly index: number;
  readonly message: CropMessage;
}

export interface SendPlan {
  readonly inline: readonly Outgoing[];
  /** The messages of each pack. */
  readonly packs: readonly (readonly Outgoing[])[];
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
  const pointers = packs.flat();
  const sizes = [
    ...inline.map(({ message }) => inlineBytes(message, headerOf)),
    ...pointers.map(({ message }) => headerOf(message) + pointerBytes),
  ];
  return {
    sqs: queueRequests(sizes),
    puts: packs.length,
    gets: pointers.length,
    packedBytes: sum(pointers.map(({ message }) => message.tensor.pixels.byteLength)),
  };
}

function inlineBytes(message: CropMessage, headerOf: (message: CropMessage) => number): number {
  return headerOf(message) + base64Bytes(message.tensor.pixels.byteLength);
}

function packsOf(outgoing: readonly Outgoing[]): Outgoing[][] {
  return splitIntoPacks(outgoing, ({ message }) => message.tensor.pixels.byteLength);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of a message without its pixels. */
function headerBytes(message: CropMessage): number {
  return Buffer.byteLength(encodeCropEnvelope({ ...message, tensor: { ...message.tensor, pixels: new Uint8Array() } }));
}
