import { sqsLimits } from '../sqs-limits.ts';
import { encodeCropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { intoPacks } from './into-packs.ts';
import { base64Bytes, type Transport } from './transport.ts';
import { dollarsOf, queueRequests } from './transport-cost.ts';

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
  const bare = new Map(all.map((outgoing) => [outgoing, bareBytes(outgoing.message)]));
  const inlineBytes = (outgoing: Outgoing) =>
    (bare.get(outgoing) ?? 0) + base64Bytes(outgoing.message.tensor.pixels.byteLength);
  const fits = (outgoing: Outgoing) => inlineBytes(outgoing) <= sqsLimits.bytes;
  const inline: SendPlan = { inline: all.filter(fits), packs: packsOf(all.filter((outgoing) => !fits(outgoing))) };
  const dollars = (plan: SendPlan) => {
    const pointers = plan.packs.flat();
    const sizes = [
      ...plan.inline.map(inlineBytes),
      ...pointers.map((outgoing) => (bare.get(outgoing) ?? 0) + pointerBytes),
    ];
    // At worst every image of an object is received, and so read, without its neighbours.
    const { requests, kept } = dollarsOf({
      sqs: queueRequests(sizes),
      puts: plan.packs.length,
      gets: pointers.length,
      packedBytes: sum(pointers.map(({ message }) => message.tensor.pixels.byteLength)),
    });
    return requests + kept;
  };
  return dollars(packed) < dollars(inline) ? packed : inline;
}

function packsOf(outgoing: readonly Outgoing[]): Outgoing[][] {
  return intoPacks(outgoing, ({ message }) => message.tensor.pixels.byteLength);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of a message without its pixels. */
function bareBytes(message: CropMessage): number {
  return Buffer.byteLength(encodeCropEnvelope({ ...message, tensor: { ...message.tensor, pixels: new Uint8Array() } }));
}
