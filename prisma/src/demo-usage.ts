import type { DemoHistory } from './demo-history.js';

export const SAMPLE_MS = 5 * 60_000;
/** A refusal within this time of the last one is a retry and counts as the same denial (docs/analytics.md). */
const RETRY_MS = 10 * 60_000;

/** The use of a license in a bucket. The names are those of the columns. */
export interface DemoUsage {
  starts_at: string;
  peak: number;
  mean: number;
  acquires: number;
  denials: number;
  people: number;
  /** How many five-minute samples it contains. */
  samples: number;
}

/**
 * Returns what the worker would have sampled (docs/analytics.md).
 * @param range in ms; `from` at the start of a bucket, `to` at the end of five minutes; the last bucket may be incomplete
 */
export function usageOf(
  { sessions, denials }: DemoHistory,
  { from, to, bucketMs }: { from: number; to: number; bucketMs: number },
): DemoUsage[] {
  const buckets = Array.from({ length: Math.ceil((to - from) / bucketMs) }, (_, i) => {
    const start = from + i * bucketMs;
    return { start, end: Math.min(start + bucketMs, to), held: [] as DemoHistory['sessions'], acquires: 0, denials: 0 };
  });
  const indexOf = (at: number) => Math.floor((at - from) / bucketMs);
  for (const session of sessions) {
    const last = Math.min(indexOf(session.end - 1), buckets.length - 1);
    for (let i = Math.max(indexOf(session.start), 0); i <= last; i++) buckets[i]!.held.push(session);
    const first = buckets[indexOf(session.start)];
    if (first) first.acquires += 1;
  }
  for (const { at } of firstAttempts(denials)) {
    const bucket = buckets[indexOf(at)];
    if (bucket) bucket.denials += 1;
  }
  return buckets.map(({ start, end, held, ...counts }) => ({
    starts_at: new Date(start).toISOString(),
    ...heldIn(held, start, end),
    ...counts,
    people: new Set(held.map(({ person }) => person)).size,
    samples: Math.round((end - start) / SAMPLE_MS),
  }));
}

/** A seat that changes hands within one millisecond counts once, because ends sort before starts. */
function heldIn(sessions: DemoHistory['sessions'], start: number, end: number): { peak: number; mean: number } {
  const spans = sessions.map((session) => ({
    since: Math.max(session.start, start),
    until: Math.min(session.end, end),
  }));
  const changes = spans.flatMap(({ since, until }) => [
    { at: since, by: 1 },
    { at: until, by: -1 },
  ]);
  let [held, peak] = [0, 0];
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    held += by;
    peak = Math.max(peak, held);
  }
  return { peak, mean: spans.reduce((sum, { since, until }) => sum + until - since, 0) / (end - start) };
}

function firstAttempts(denials: DemoHistory['denials']): DemoHistory['denials'] {
  const last = new Map<string, number>();
  return denials
    .toSorted((a, b) => a.at - b.at)
    .filter(({ person, reason, at }) => {
      const before = last.get(`${person} ${reason}`) ?? -Infinity;
      last.set(`${person} ${reason}`, at);
      return at - before > RETRY_MS;
    });
}
