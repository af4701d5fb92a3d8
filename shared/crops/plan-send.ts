import { sqsLimits } from '../events/sqs-limits.ts';
import { encodeCropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { splitIntoPacks } from './split-into-packs.ts';
import { base64Bytes, type Transport } from './transport.ts';
import { type Bill, dollarsOf, queueRequests } from './transport-cost.ts';

/** A message to send, by its place in what was given. */
export interface Outgoing {
  readonly index: number;
  readonly message: CropMessage;
}

export interface SendPlan {
  readonly inline: readonly Outgoing[];
  /** What goes into one object each. */
  readonly packs: readonly (readonly Outgoing[])[];
}

/** What a pointer adds to a message: about what a bucket's name, a long prefix and two numbers take. */
const pointerBytes = 256;

/** Which of the messages that are sent together go inline, and which into one object with which others. */
export function planSend(messages: readonly CropMessage[], transport: Transport): SendPlan {
  const all = messages.map((message, index) => ({ index, message }));
  if (transport === 'inline') return { inline: all, packs: [] };
  const packed: SendPlan = { inline: [], packs: packsOf(all) };
  if (transport === 'packed') return packed;
  const bare = new Map(all.map(({ message }) => [message, bareBytes(message)]));
  const bareOf = (message: CropMessage) => bare.get(message) ?? bareBytes(message);
  const fits = ({ message }: Outgoing) => inlineBytes(message, bareOf) <= sqsLimits.bytes;
  const inline: SendPlan = { inline: all.filter(fits), packs: packsOf(all.filter((outgoing) => !fits(outgoing))) };
  const dollars = (plan: SendPlan) => {
    const { requests, kept } = dollarsOf(billOf(plan, bareOf));
    return requests + kept;
  };
  return dollars(packed) < dollars(inline) ? packed : inline;
}

/**
 * What is billed for sending, receiving and deleting what is sent together, and for its objects. At worst every image of
 * an object is received, and so read, without its neighbours: that is what is counted.
 * @param bareOf see `bareBytes`
 */
export function billOf({ inline, packs }: SendPlan, bareOf: (message: CropMessage) => number = bareBytes): Bill {
  const pointers = packs.flat();
  const sizes = [
    ...inline.map(({ message }) => inlineBytes(message, bareOf)),
    ...pointers.map(({ message }) => bareOf(message) + pointerBytes),
  ];
  return {
    sqs: queueRequests(sizes),
    puts: packs.length,
    gets: pointers.length,
    packedBytes: sum(pointers.map(({ message }) => message.tensor.pixels.byteLength)),
  };
}

function inlineBytes(message: CropMessage, bareOf: (message: CropMessage) => number): number {
  return bareOf(message) + base64Bytes(message.tensor.pixels.byteLength);
}

function packsOf(outgoing: readonly Outgoing[]): Outgoing[][] {
  return splitIntoPacks(outgoing, ({ message }) => message.tensor.pixels.byteLength);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of a message without its pixels. */
function bareBytes(message: CropMessage): number {
  return Buffer.byteLength(encodeCropEnvelope({ ...message, tensor: { ...message.tensor, pixels: new Uint8Array() } }));
}
