/** A place in a group. */
export interface Member {
  readonly place: number;
  /** How often it was linked. */
  readonly links: number;
  /** Of its links the most similar. */
  readonly similarity: number;
}

/** Groups of places that are linked, directly or by others. */
export class LinkedGroups {
  /** What a place belongs to; itself where it is the head of its group. */
  readonly #heads: Int32Array;
  readonly #sizes: Int32Array;
  readonly #links: Int32Array;
  readonly #best: Float32Array;

  constructor(places: number) {
    this.#heads = Int32Array.from({ length: places }, (_, place) => place);
    this.#sizes = new Int32Array(places).fill(1);
    this.#links = new Int32Array(places);
    this.#best = new Float32Array(places).fill(-1);
  }

  /** Links two places; the same link may come again. */
  link(one: number, other: number, similarity: number): void {
    for (const place of [one, other]) {
      this.#links[place] = (this.#links[place] ?? 0) + 1;
      this.#best[place] = Math.max(this.#best[place] ?? -1, similarity);
    }
    const [head, tail] = [this.#headOf(one), this.#headOf(other)].toSorted((a, b) => this.#size(b) - this.#size(a));
    if (head === undefined || tail === undefined || head === tail) return;
    this.#heads[tail] = head;
    this.#sizes[head] = this.#size(head) + this.#size(tail);
  }

  /** Places in the group of one. */
  sizeOf(place: number): number {
    return this.#size(this.#headOf(place));
  }

  /** Every group of several. */
  groups(): Member[][] {
    const members = new Map<number, number[]>();
    for (const [place, links] of this.#links.entries()) {
      if (links === 0) continue;
      const head = this.#headOf(place);
      const group = members.get(head);
      if (group === undefined) members.set(head, [place]);
      else group.push(place);
    }
    return [...members.values()].map((group) =>
      group.map((place) => ({ place, links: this.#links[place] ?? 0, similarity: this.#best[place] ?? -1 })),
    );
  }

  #size(head: number): number {
    return this.#sizes[head] ?? 0;
  }

  #headOf(place: number): number {
    let at = place;
    for (let above = this.#heads[at] ?? at; above !== at; above = this.#heads[at] ?? at) {
      // Every second step is left out the next time.
      this.#heads[at] = this.#heads[above] ?? above;
      at = above;
    }
    return at;
  }
}
