import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatNumber } from '../format.ts';

interface BoundedListProps<T> {
  readonly items: readonly T[];
  /** Items before "Show all" is pressed; the selected one is always among them. */
  readonly initial: number;
  /** What the items are, for example `job` and `jobs`. */
  readonly nouns: { readonly one: string; readonly many: string };
  readonly class: string;
  /** Identifies an item. */
  readonly nameOf: (item: T) => string;
  /** Contains what the user types to find an item. @default nameOf */
  readonly searchText?: (item: T) => string;
  readonly isSelected: (item: T) => boolean;
  readonly render: (item: T) => ComponentChildren;
}

/** Longer lists have a field to find an item. */
const findAbove = 15;

/** A list that keeps its neighbors in sight: a few items first, all of them in a scrolling area. */
export function BoundedList<T>(props: BoundedListProps<T>) {
  const { items, initial, nouns, nameOf, searchText = nameOf, isSelected, render } = props;
  const [isExpanded, setExpanded] = useState(false);
  const [text, setText] = useState('');
  const shown = isExpanded
    ? items.filter((item) => searchText(item).toLowerCase().includes(text.trim().toLowerCase()))
    : items.filter((item, index) => index < initial || isSelected(item));
  const toggle = () => {
    setExpanded(!isExpanded);
    setText('');
  };
  return (
    <>
      {isExpanded && items.length > findAbove ? (
        <input
          type="search"
          class="find"
          aria-label={`Find a ${nouns.one}`}
          placeholder={`Find a ${nouns.one}`}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      ) : null}
      <ul class={isExpanded ? `${props.class} bounded` : props.class}>
        {shown.map((item) => (
          <li key={nameOf(item)}>{render(item)}</li>
        ))}
      </ul>
      {isExpanded && shown.length === 0 ? <p class="muted">No {nouns.one} contains this text.</p> : null}
      {items.length > initial ? (
        <button type="button" class="quiet" aria-expanded={isExpanded} onClick={toggle}>
          {isExpanded ? `Show fewer ${nouns.many}` : `Show all ${formatNumber(items.length)} ${nouns.many}`}
        </button>
      ) : null}
    </>
  );
}
