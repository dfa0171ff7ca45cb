import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetToken, keepToken } from '#session/access-token';
import { server } from '#test/server';
import { eventsOf, type LiveEvent, type ReadEvent, readEvents } from './event-stream.ts';

const bytes = (...chunks: string[]) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
const collect = async (...chunks: string[]) => {
  const events: ReadEvent[] = [];
  for await (const event of eventsOf(bytes(...chunks), () => {})) events.push(event);
  return events;
};

describe('server-sent events', () => {
  it('are read with id, type and data, wherever the chunks are cut', async () => {
    const text =
      'retry: 3000\n\nid: 1-0\nevent: seat.acquired\ndata: {"seat_no":\ndata: 1}\n\n: a comment\n\ndata: {}\n\n';
    const whole = await collect(text);
    expect(whole).toEqual([
      { id: '1-0', type: 'seat.acquired', data: { seat_no: 1 } },
      { id: undefined, type: 'message', data: {} },
    ]);
    expect(await collect(...text.split(''))).toEqual(whole);
  });

  it.each([
    ['a byte order mark at the start', '\uFEFFdata: {}\n\n'],
    ['lines that end with \\r\\n', 'event: message\r\ndata: {}\r\n\r\n'],
    ['lines that end with \\r alone', 'event: message\rdata: {}\r\rdata: {"next":1}\r\r'],
    ['no space after the colon', 'data:{}\n\n'],
  ])('may have %s', async (_, text) => {
    const [first] = await collect(text);
    expect(first).toEqual({ id: undefined, type: 'message', data: {} });
    expect((await collect(...text.split('')))[0]).toEqual(first);
  });

  it('join several lines of data with line breaks', async () => {
    expect(await collect('data: {\ndata: "seat_no":\ndata: 1}\n\n')).toEqual([
      { id: undefined, type: 'message', data: { seat_no: 1 } },
    ]);
    await expect(collect('data: "a\ndata: b"\n\n')).rejects.toThrow(SyntaxError); // a line break within a JSON string
  });

  it('have no id if the id contains NUL', async () => {
    expect(await collect('id: 1\u00000\ndata: {}\n\n')).toEqual([{ id: undefined, type: 'message', data: {} }]);
  });

  it('are ignored when they are not finished', async () => {
    expect(await collect('event: seat.acquired\ndata: {"seat_')).toEqual([]);
  });
});

describe('the stream', () => {
  afterEach(() => {
    forgetToken();
    vi.useRealTimers();
  });

  /** Answers each request for the stream with the next of these answers. Adds each request to the list that it
   *  returns. */
  function streams(...answers: (() => Response)[]) {
    const asked: Record<string, string | null>[] = [];
    server.use(
      http.get('*/api/v1/stream', ({ request: { headers } }) => {
        asked.push({ token: headers.get('authorization'), after: headers.get('last-event-id') });
        return answers[asked.length - 1]?.() ?? new Promise<Response>(() => {});
      }),
    );
    return asked;
  }
  /** Moves the clock and lets answers arrive, until the promise is settled. */
  async function timePasses(until: Promise<void>): Promise<void> {
    const state = { over: false };
    void until.finally(() => (state.over = true));
    while (!state.over) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
  const stream =
    (...chunks: string[]) =>
    () =>
      new HttpResponse(bytes(...chunks));

  it('continues after the last event when the connection was lost', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = streams(
      stream('id: 7-0\nevent: reset\ndata: {}\n\n'),
      stream('id: 8-0\nevent: seat.released\ndata: {}\n\n'),
    );
    const end = new AbortController();
    const events: string[] = [];
    const states: boolean[] = [];
    keepToken({ access_token: 'mine', token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 900 });
    const reading = readEvents(end.signal, {
      event: ({ type }) => {
        events.push(type);
        if (events.length === 2) end.abort();
      },
      connected: (now) => states.push(now),
    });
    await timePasses(reading);
    expect(events).toEqual(['reset', 'seat.released']);
    expect(states).toEqual([true, false, true, false]);
    expect(asked).toEqual([
      { token: 'Bearer mine', after: null },
      { token: 'Bearer mine', after: '7-0' },
    ]);
  });

  it('ignores event types of a newer API, and continues after them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = streams(
      stream(
        'id: 1-0\nevent: license.renewed\ndata: {"license_id":"l"}\n\n',
        'id: 2-0\nevent: toString\ndata: {}\n\n',
        'id: 3-0\nevent: user.changed\ndata: null\n\n',
        'id: 4-0\nevent: user.changed\ndata: {"id":"u","since":"tomorrow"}\n\n',
        'id: 5-0\nevent: license.renewed\ndata: {"license_id":"l"}\n\n',
      ),
      stream('id: 6-0\nevent: reset\ndata: {}\n\n'),
    );
    const end = new AbortController();
    const events: LiveEvent[] = [];
    const reading = readEvents(end.signal, {
      event: (event) => {
        events.push(event);
        if (event.type === 'reset') end.abort();
      },
      connected: () => {},
    });
    await timePasses(reading);
    expect(events).toMatchObject([
      { type: 'user.changed', data: { id: 'u' } },
      { type: 'reset', data: {} },
    ]);
    expect(asked[1]?.['after']).toBe('5-0');
  });

  it.each([
    ['the user may not read it', () => new HttpResponse(null, { status: 403 })],
    ['the login has ended', () => new HttpResponse(null, { status: 401 })],
  ])('ends when %s', async (_, answer) => {
    streams(answer);
    server.use(http.post('*/api/v1/auth/refresh', () => HttpResponse.json({}, { status: 401 })));
    const connected = vi.fn<(now: boolean) => void>();
    await readEvents(new AbortController().signal, { event: () => {}, connected });
    expect(connected).not.toHaveBeenCalledWith(true);
  });

  it.each([
    ['the API refused the old one', () => new HttpResponse(null, { status: 401 })],
    [
      'the API ended the stream because the old one had expired',
      stream('event: end\ndata: {"reason":"token_expired"}\n\n'),
    ],
  ])('is opened again when %s and the new one could not be had yet', async (_, answer) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const end = new AbortController();
    const asked = streams(answer, stream('event: reset\ndata: {}\n\n'));
    server.use(http.post('*/api/v1/auth/refresh', () => HttpResponse.json({}, { status: 503 })));
    keepToken({ access_token: 'old', token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 900 });
    await timePasses(readEvents(end.signal, { event: () => end.abort(), connected: () => {} }));
    expect(asked).toHaveLength(2);
  });

  it('gets a new token when the API ended the stream because the old one had expired', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const end = new AbortController();
    const asked = streams(
      stream('event: end\ndata: {"reason":"token_expired"}\n\n'),
      stream('event: reset\ndata: {}\n\n'),
    );
    keepToken({ access_token: 'old', token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 900 });
    await timePasses(readEvents(end.signal, { event: () => end.abort(), connected: () => {} }));
    expect(asked.map(({ token }) => token)).toEqual(['Bearer old', 'Bearer token']);
  });
});
