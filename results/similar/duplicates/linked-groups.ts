/** A position in a group. */
export interface Member {
  readonly position: number;
  /** Number of links to other members. */
  readonly links: number;
  /** Highest similarity among its links. */
  readonly similarity: number;
}

/** Connected components of linked positions (union-find). */
export class LinkedGroups {
  /** The parent of a position; a head is its own parent. */
  readonly #heads: Int32Array;
  readonly #sizes: Int32Array;
  readonly #links: Int32Array;
  readonly #best: Float32Array;

  constructor(positions: number) {
    this.#heads = Int32Array.from({ length: positions }, (_, position) => position);
    this.#sizes = new Int32Array(positions).fill(1);
    this.#links = new Int32Array(positions);
    this.#best = new Float32Array(positions).fill(-1);
  }

  /** Links two positions; repeating a link only counts again. */
  link(one: number, other: number, similarity: number): void {
    for (const position of [one, other]) {
      this.#links[position] = (this.#links[position] ?? 0) + 1;
      this.#best[position] = Math.max(this.#best[position] ?? -1, similarity);
    }
    const [head, tail] = [this.#headOf(one), this.#headOf(other)].toSorted((a, b) => this.#size(b) - this.#size(a));
    if (head === undefined || tail === undefined || head === tail) return;
    this.#heads[tail] = head;
    this.#sizes[head] = this.#size(head) + this.#size(tail);
  }

  /** Size of the group of a position. */
  sizeOf(position: number): number {
    return this.#size(this.#headOf(position));
  }

  /** All groups with more than one member. */
  groups(): Member[][] {
    const members = new Map<number, number[]>();
    for (const [position, links] of this.#links.entries()) {
      if (links === 0) continue;
      const head = this.#headOf(position);
      const group = members.get(head);
      if (group === undefined) members.set(head, [position]);
      else group.push(position);
    }
    return [...members.values()].map((group) =>
      group.map((position) => ({
        position,
        links: this.#links[position] ?? 0,
        similarity: this.#best[position] ?? -1,
      })),
    );
  }

  #size(head: number): number {
    return this.#sizes[head] ?? 0;
  }

  #headOf(position: number): number {
    let at = position;
    for (let above = this.#heads[at] ?? at; above !== at; above = this.#heads[at] ?? at) {
      // Path halving: shortens the chain for the next search.
      this.#heads[at] = this.#heads[above] ?? above;
      at = above;
    }
    return at;
  }
}
