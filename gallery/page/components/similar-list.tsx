import type { SimilarImage } from '../../server/answers.ts';
import { TileContent } from './image-tile.tsx';
import { PlaceLink } from './place-link.tsx';

/** Images by how similar they are, most similar first. */
export function SimilarList({ images }: { images: readonly SimilarImage[] }) {
  return (
    <ol class="tiles">
      {images.map((image) => (
        <li key={image.id}>
          <PlaceLink class={`tile ${image.status}`} to={{ image: image.id }}>
            <TileContent image={image} similarity={image.similarity} />
          </PlaceLink>
        </li>
      ))}
    </ol>
  );
}
