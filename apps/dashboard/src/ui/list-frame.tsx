import type { ReactNode } from 'react';
import { Pager } from './pager.tsx';
import { ErrorState, LoadingRows } from './states.tsx';

interface ListFrameProps<Item> {
  /** The title of the list. */
  title: string;
  /** The query for one page of the list. */
  query: { data: { count: number; results: Item[] } | undefined; error: unknown; refetch: () => unknown };
  /** Number of rows on a page. */
  limit: number;
  /** Offset of the page; undefined on the first page. */
  offset: number | undefined;
  onOffset: (offset: number | undefined) => void;
  /** Shown when the list is empty. */
  empty: ReactNode;
  /** Announces the number of rows to screen readers. */
  found?: (count: number) => string;
  /** How many rows can be paged through, if the API stops before the end of the list. */
  reachable?: number;
  children: (items: Item[]) => ReactNode;
}

/** A page of a list with its pager; or its empty, loading or error state. */
export function ListFrame<Item>(props: ListFrameProps<Item>) {
  const { title, query, limit, offset = 0, onOffset, empty, found, reachable = Infinity, children } = props;
  const { data, error, refetch } = query;
  if (!data) return error ? <ErrorState what={title} error={error} onRetry={() => void refetch()} /> : <LoadingRows />;
  return (
    <>
      {data.results.length > 0 ? children(data.results) : empty}
      <Pager
        count={Math.min(data.count, reachable)}
        limit={limit}
        offset={offset}
        onChange={(next) => onOffset(next || undefined)}
      />
      {found ? (
        <p role="status" className="sr-only">
          {found(data.count)}
        </p>
      ) : null}
    </>
  );
}
