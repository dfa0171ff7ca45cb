/** Returns a page of a list (docs/http.md). `next` and `previous` are URLs that keep the caller's filters.
 *  @param url the path and query of the request */
export function page<Row, Item>(
  list: { count: number; rows: Row[] },
  query: { limit: number; offset: number },
  url: string,
  item: (row: Row) => Item,
): { count: number; next: string | null; previous: string | null; results: Item[] } {
  const { limit, offset } = query;
  const at = (newOffset: number): string => {
    const { pathname, searchParams: params } = new URL(url, 'http://api');
    params.set('limit', String(limit));
    params.set('offset', String(newOffset));
    return `${pathname}?${params.toString()}`;
  };
  return {
    count: list.count,
    next: offset + limit < list.count ? at(offset + limit) : null,
    previous: offset > 0 ? at(Math.max(0, offset - limit)) : null,
    results: list.rows.map(item),
  };
}

type Sort = 'asc' | 'desc';

/** Returns Prisma's `orderBy` for an `ordering` such as `-created_at`. The caller must have checked the name against an
 *  allow-list. Rows with equal values are ordered by id, so that no page repeats or misses a row.
 *  @param nullable columns that may be NULL; NULLs come last in either direction */
export function orderBy(ordering: string, nullable: readonly string[] = []) {
  const sort: Sort = ordering.startsWith('-') ? 'desc' : 'asc';
  const column = ordering.replace('-', '').replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const by: Record<string, Sort | { sort: Sort; nulls: 'last' }> = {
    [column]: nullable.includes(column) ? { sort, nulls: 'last' } : sort,
  };
  return [by, { id: 'asc' as const }];
}
