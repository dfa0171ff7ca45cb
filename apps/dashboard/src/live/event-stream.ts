import { liveEventTypes } from '@coditect/contracts/names';
import type { StreamEvent } from '@coditect/contracts/stream';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { currentToken, renewToken } from '#session/access-token';

/** A live event of a type that this page knows. */
export type LiveEvent = StreamEvent & { id?: string | undefined };

/** An event as it is received. A newer API may send types that this page does not know. */
export interface ReadEvent {
  id: string | undefined;
  type: string;
  data: unknown;
}

const RETRY_MS = 3000;
const LONGEST_RETRY_MS = 30_000;
/** The API sends a comment every 15 s (docs/live-events.md). After a silence of this length two comments are
 *  missing, so the connection counts as dead. */
const SILENCE_MS = 40_000;

/**
 * Reads the live events of the tenant until the signal is aborted. When the connection is lost, opens the stream again
 * and continues after the last event (docs/live-events.md). Uses `fetch`, because EventSource cannot send the token in
 * a header.
 */
export async function readEvents(
  signal: AbortSignal,
  on: { event: (event: LiveEvent) => void; connected: (connected: boolean) => void },
): Promise<void> {
  let lastId: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const response = await fetch('/api/v1/stream', {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${currentToken() ?? ''}`,
          ...(lastId && { 'last-event-id': lastId }),
        },
        signal: attempt.signal,
      });
      if (response.status === 401 && !(await staysSignedIn())) return;
      if (response.status === 403) return; // the user may not read the stream
      if (response.ok && response.body) {
        failures = 0;
        on.connected(true);
        for await (const event of eventsOf(response.body, stop)) {
          lastId = event.id ?? lastId;
          if (!isKnown(event)) continue;
          if (event.type === 'end') {
            if (event.data.reason === 'token_expired' && !(await staysSignedIn())) return;
            break;
          }
          on.event(event);
        }
      }
    } catch {
      // Lost, or ended by the signal: the loop decides.
    } finally {
      signal.removeEventListener('abort', stop);
      attempt.abort();
    }
    on.connected(false);
    await pause(Math.min(RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), signal);
    failures += 1;
  }
}

/** Renews the token. If the API cannot be reached, the login goes on, and the token is renewed later. */
const staysSignedIn = async (): Promise<boolean> => (await renewToken()) || currentToken() !== undefined;

/** Yields the Server-Sent Events of a body.
 *  @param onSilence called when nothing has come for too long, not even a comment */
export async function* eventsOf(body: ReadableStream<BufferSource>, onSilence: () => void): AsyncGenerator<ReadEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  for (;;) {
    const timer = setTimeout(onSilence, SILENCE_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    parser.feed(value);
    for (const { id, event = 'message', data } of messages.splice(0)) yield { id, type: event, data: JSON.parse(data) };
  }
}

/** Whether this page knows the type of an event. A newer API may send other types, about things that this page does
 *  not show. */
const isKnown = (event: ReadEvent): event is ReadEvent & LiveEvent =>
  liveEventTypes.some((type) => type === event.type) && typeof event.data === 'object' && event.data !== null;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
