import type { SimilarImage } from '../../server/responses.ts';
import { TileContent } from './image-tile.tsx';
import { RouteLink } from './route-link.tsx';

/** Similar images, most similar first. */
export function SimilarList({ images }: { images: readonly SimilarImage[] }) {
  return (
    <ol class="tiles">
      {images.map((image) => (
        <li key={image.id}>
          <RouteLink class={`tile ${image.status}`} to={{ image: image.id }}>
            <TileContent image={image} similarity={image.similarity} />
          </RouteLink>
        </li>
      ))}
    </ol>
  );
}
