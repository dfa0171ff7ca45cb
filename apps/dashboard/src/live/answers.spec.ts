import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answersThatFollow } from './answers.ts';
import type { LiveEvent } from './event-stream.ts';

const counted = (seatsInUse: number): LiveEvent => ({
  type: 'license.changed',
  data: { license_id: 'l', status: 'active', seats_in_use: seatsInUse, seats_total: 5 },
});
const changed: LiveEvent = { type: 'project.changed', data: { id: 'p' } };

let end: AbortController;
beforeEach(() => {
  end = new AbortController();
  vi.useFakeTimers();
});
afterEach(() => {
  end.abort();
  vi.useRealTimers();
});

/** A page that shows a count. Each request waits until the test answers it, in any order. */
function page() {
  const client = new QueryClient();
  const requests: ((count: number) => void)[] = [];
  const shown = new QueryObserver(client, {
    queryKey: ['count'],
    queryFn: () => new Promise<number>((answer) => requests.push(answer)),
  });
  shown.subscribe(() => {});
  const follow = answersThatFollow(
    client,
    (event, query) => {
      if (event.type !== 'license.changed') return true;
      if (query.state.data !== undefined) client.setQueryData(query.queryKey, event.data.seats_in_use);
      return false;
    },
    end.signal,
  );
  const answer = async (request: number, count: number) => {
    requests[request]!(count);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { client, follow, requests, answer, count: () => shown.getCurrentResult().data };
}
const later = () => vi.advanceTimersByTimeAsync(10_000);

describe('an event that contains the whole change', () => {
  it('is shown without a request', async () => {
    const { follow, answer, requests, count } = page();
    await answer(0, 1);
    follow(counted(2));
    expect(count()).toBe(2);
    await later();
    expect([count(), requests.length]).toEqual([2, 1]);
  });

  it('is not undone by a later answer that was requested before the event', async () => {
    const { client, follow, answer, requests, count } = page();
    await answer(0, 1);
    void client.refetchQueries();
    follow(counted(2));
    follow(counted(3));
    await answer(1, 1);
    expect(count()).toBe(3);
    await later();
    expect([count(), requests.length]).toEqual([3, 2]);
  });

  it('is applied to the first answer too', async () => {
    const { follow, answer, requests, count } = page();
    follow(counted(2));
    await answer(0, 1);
    expect(count()).toBe(2);
    await later();
    expect(requests.length).toBe(1);
  });

  it('does not change an answer that was requested after it', async () => {
    const { client, follow, answer, count } = page();
    await answer(0, 1);
    follow(counted(2));
    void client.refetchQueries();
    await answer(1, 0);
    await later();
    expect(count()).toBe(0);
  });

  it('that is older than the answer shows an old count until the next event', async () => {
    const { follow, answer, count } = page();
    await answer(0, 3);
    follow(counted(2));
    follow(counted(3));
    expect(count()).toBe(3);
  });
});

describe('an event that contains only a part of the change', () => {
  it('causes a new request for the answer, one for many events', async () => {
    const { follow, answer, requests, count } = page();
    await answer(0, 1);
    for (let i = 0; i < 20; i += 1) follow(changed);
    await later();
    await answer(1, 2);
    await later();
    expect([count(), requests.length]).toEqual([2, 2]);
  });

  it('causes another request when an earlier one is still running', async () => {
    const { follow, answer, requests, count } = page();
    follow(changed);
    await later();
    await answer(0, 1);
    await later();
    expect(requests.length).toBe(2);
    await answer(1, 2);
    await later();
    expect([count(), requests.length]).toEqual([2, 2]);
  });

  it('cancels no running request, so answers arrive although events never stop', async () => {
    const { follow, answer, requests, count } = page();
    await answer(0, 1);
    for (let i = 0; i < 20; i += 1) {
      follow(changed);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(requests.length).toBe(2);
    await answer(1, 7);
    expect(count()).toBe(7);
  });
});

it('events after the end of the signal change nothing', async () => {
  const { follow, answer, requests } = page();
  await answer(0, 1);
  follow(changed);
  end.abort();
  await later();
  expect(requests.length).toBe(1);
});
