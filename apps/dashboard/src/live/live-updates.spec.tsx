import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { renderHook, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { seatData, serveStream } from '#test/live';
import { renderApp } from '#test/render-app';
import { aLicense, aSession, everything, serveSeats } from '#test/seats';
import { server } from '#test/server';
import { licensesQuery } from '#seats/licenses-queries';
import { LIVE_REFETCH_MS, REFETCH_MS, untilRefetch, useLive, useLiveUpdates } from './live-updates.ts';

afterEach(() => {
  server.events.removeAllListeners();
  vi.useRealTimers();
});

/** Opens a page while events arrive. @returns what tells an event, and the requests that are made from now on */
async function openLive(path: string, sessions: ReturnType<typeof aSession>[]) {
  renderApp(path, { permissions: everything });
  serveSeats({ sessions });
  const tell = serveStream();
  expect(await screen.findByText('Live')).toBeVisible();
  await screen.findAllByRole('meter');
  await settled();
  const requests: string[] = [];
  server.events.on('request:start', ({ request }) => requests.push(new URL(request.url).pathname));
  return { tell, requests };
}
/** Longer than events are gathered before something is read again. */
const settled = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 400);
  });
const seatsInUse = () => screen.getByRole('meter', { name: /···0001|Seats/ }).getAttribute('aria-valuenow');

describe('while events arrive', () => {
  it('a seat that is taken counts in the list of licenses without a request', async () => {
    const { tell, requests } = await openLive('/licenses', []);
    tell({ type: 'seat.acquired', data: seatData(aSession(1), 4) });
    await waitFor(() => expect(seatsInUse()).toBe('4'));
    await settled();
    expect(requests).toEqual([]);
  });

  it('a seat that is given back leaves the overview without a request', async () => {
    const { tell, requests } = await openLive('/', [aSession(1), aSession(2)]);
    expect(await screen.findByRole('link', { name: 'Person 2' })).toBeVisible();
    tell({ type: 'seat.released', data: seatData(aSession(2), 1) });
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Person 2' })).toBeNull());
    expect(seatsInUse()).toBe('1');
    await settled();
    expect(requests).toEqual([]);
  });

  it('a seat that is taken has the overview read the sessions, and nothing else', async () => {
    const sessions = [aSession(2)];
    const { tell, requests } = await openLive('/', sessions);
    sessions.unshift(aSession(1));
    tell({ type: 'seat.acquired', data: seatData(aSession(1), 2) });
    expect(await screen.findByRole('link', { name: 'Person 1' })).toBeVisible();
    await settled();
    expect(new Set(requests)).toEqual(new Set(['/api/v1/license-sessions']));
  });

  it('a license is shown as it is told, although an older answer comes later', async () => {
    const { tell } = await openLive('/licenses', []);
    let answer: () => void = () => {};
    server.use(
      http.get('*/api/v1/licenses', async () => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return HttpResponse.json({ count: 1, next: null, previous: null, results: [aLicense({ seats_in_use: 2 })] });
      }),
    );
    const asked = vi.fn<() => void>();
    server.events.on('request:start', asked);
    tell({ type: 'reset', data: {} });
    await waitFor(() => expect(asked).toHaveBeenCalled());
    tell({ type: 'seat.acquired', data: seatData(aSession(1), 5) });
    await waitFor(() => expect(seatsInUse()).toBe('5'));
    answer();
    await settled();
    expect(seatsInUse()).toBe('5');
    const table = within(screen.getByRole('table'));
    expect(table.queryByText(/2 of 5/)).toBeNull();
  });
});

it('when the stream was lost and is back, all is read again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let streams = 0;
  let reads = 0;
  server.use(
    http.get('*/api/v1/stream', () => {
      streams += 1;
      return new HttpResponse(streams === 1 ? ': nothing\n\n' : new ReadableStream());
    }),
    http.get('*/api/v1/licenses', () => {
      reads += 1;
      return HttpResponse.json({ count: 0, next: null, previous: null, results: [] });
    }),
  );
  const client = new QueryClient();
  const { unmount } = renderHook(
    () => {
      useLiveUpdates();
      return useQuery(licensesQuery);
    },
    { wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> },
  );
  const timePasses = async (until: () => boolean) => {
    while (!until()) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  };
  await timePasses(() => streams === 1 && reads === 1);
  await timePasses(() => streams === 2);
  await timePasses(() => reads === 2);
  expect([streams, reads]).toEqual([2, 2]);
  unmount();
});

describe('a page is no longer live', () => {
  /** Watches the stream until it is open. */
  function watching(stream: () => Response) {
    server.use(
      http.get('*/api/v1/stream', stream),
      http.post('*/api/v1/auth/refresh', () => HttpResponse.json({}, { status: 401 })),
    );
    const client = new QueryClient();
    return renderHook(
      () => {
        useLiveUpdates();
        return useLive();
      },
      { wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> },
    );
  }

  it('as soon as the user signs out, so that the next user starts without it', async () => {
    const { result, unmount } = watching(() => new HttpResponse(new ReadableStream()));
    await waitFor(() => expect(result.current).toBe(true));
    unmount();
    expect(renderHook(useLive).result.current).toBe(false);
  });

  it('when the login ends while the stream is open', async () => {
    let end = () => {};
    const { result } = watching(() => {
      const { readable, writable } = new TransformStream<string, string>();
      end = () => void writable.getWriter().write('event: end\ndata: {"reason":"token_expired"}\n\n');
      return new HttpResponse(readable.pipeThrough(new TextEncoderStream()));
    });
    await waitFor(() => expect(result.current).toBe(true));
    end();
    await waitFor(() => expect(result.current).toBe(false));
  });
});

describe('an answer is read again', () => {
  const now = Date.now();
  it.each([
    ['so long after it came, whatever events have written into it', now - 10_000, 0, LIVE_REFETCH_MS, 50_000],
    ['so long after it could not be read', now - 90_000, now - 10_000, REFETCH_MS, 20_000],
    ['soon when that is over', now - 90_000, 0, LIVE_REFETCH_MS, 1_000],
    ['in a full round after the clock of the computer was set back', now + 86_400_000, 0, REFETCH_MS, REFETCH_MS],
    ['in a full round when nothing has come yet', 0, 0, REFETCH_MS, REFETCH_MS],
  ])('%s', (_, dataUpdatedAt, errorUpdatedAt, longestMs, expected) => {
    vi.useFakeTimers({ now });
    expect(untilRefetch({ dataUpdatedAt, errorUpdatedAt }, longestMs)).toBe(expected);
  });
});
