import type { ReactNode } from 'react';
import { Pager } from './pager.tsx';
import { ErrorState, LoadingRows } from './states.tsx';

interface ListFrameProps<Item> {
  /** The title of the list. */
  title: string;
  /** A page of the list, as the query library knows it. */
  query: { data: { count: number; results: Item[] } | undefined; error: unknown; refetch: () => unknown };
  /** Rows of a page. */
  limit: number;
  /** How far into the list the page begins; undefined: it is the first. */
  offset: number | undefined;
  onOffset: (offset: number | undefined) => void;
  /** Where nothing is. */
  empty: ReactNode;
  /** How many rows were found, for screen readers. */
  found?: (count: number) => string;
  /** How many rows can be reached by paging, where the API ends before the list does. */
  reachable?: number;
  children: (items: Item[]) => ReactNode;
}

/** A page of a list with the way to its others; or that there is nothing, that it is coming, or why it cannot be had. */
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
