import { createMemoryHistory, type RouterHistory } from '@tanstack/react-router';
import { configure, render, screen, within } from '@testing-library/react';
import { http, HttpResponse, type JsonBodyType } from 'msw';
import { afterEach, beforeEach, vi } from 'vitest';
import { App } from '#app';
import { me, server } from './server.ts';

// The first page of a run takes long: its code is compiled first.
configure({ asyncUtilTimeout: 10_000 });

export const LICENSES = [
  { id: 'one', key: 'CODI-ONE', seats_total: 10 },
  { id: 'two', key: 'CODI-TWO', seats_total: 5 },
];
const DAY_MS = 24 * 3600 * 1000;
/** The UTC day so many days ago. */
export const day = (ago: number) => new Date(Math.floor(Date.now() / DAY_MS - ago) * DAY_MS).toISOString();
export const point = (ago: number, peak: number, mean: number) => ({
  starts_at: day(ago),
  peak,
  mean,
  seats_total: 15,
  acquires: 7,
  denials: 1,
  unique_users: 4,
  unique_machines: 5,
});
export const CELLS = Array.from({ length: 168 }, (_, i) => ({
  weekday: Math.floor(i / 24) + 1,
  hour: i % 24,
  ...(i === 10 ? { mean: 4.25, peak: 6 } : i === 34 ? { mean: 8.5, peak: 9 } : { mean: null, peak: null }),
}));
export const FORECAST = {
  license_id: 'one',
  seats_total: 10,
  insufficient_data: false,
  history_days: 60,
  method: 'damped_holt_winters',
  days: [7.5, 8, 10.5].map((expected, i) => ({
    date: day(-i).slice(0, 10),
    expected,
    lower_80: expected - 1,
    upper_80: expected + 1,
    lower_95: expected - 2,
    upper_95: expected + 2,
  })),
  days_until_exhausted: { expected: 2, earliest: 1 },
};
export const DENIALS = {
  bucket: 'day',
  denials: 3,
  attempts: 8,
  series: [{ starts_at: day(1), denials: 3, attempts: 8 }],
  by_reason: [
    { reason: 'no_seats_available', denials: 2, attempts: 6 },
    { reason: 'something_new', denials: 1, attempts: 2 },
  ],
  by_user: [
    { user: { id: 'u1', email: 'ada@acme.example', name: 'Ada' }, denials: 2, attempts: 6 },
    { user: { id: 'u2', email: null, name: null }, denials: 1, attempts: 2 },
  ],
};
const whatIf = (seats: number) => ({
  license_id: 'one',
  seats,
  seats_total: 10,
  recorded: { sessions: 80, denials: 4 },
  denials: Math.max(12 - seats, 0),
  denials_remaining: Math.max(12 - seats, 0),
  sessions_refused: 0,
  peak: Math.min(seats, 12),
  seats_needed: 12,
  assumed_session_seconds: 9_420,
});

/** The queries that each route of the API received. */
export let asked: Record<string, URLSearchParams[]>;
export const answer = (route: string, body: (query: URLSearchParams) => JsonBodyType, status = 200) =>
  http.get(`*/api/v1/${route}`, ({ request }) => {
    const query = new URL(request.url).searchParams;
    (asked[route] ??= []).push(query);
    return HttpResponse.json(body(query), { status });
  });
export const lastAsked = (route: string) => asked[route]?.at(-1);

export let saved: { blob: Blob; name: string }[];

/** Serves the analytics to each test of a file. Files share this module, so each says it for itself. */
export function serveAnalytics(): void {
  beforeEach(() => {
    asked = {};
    saved = [];
    server.use(
      answer('auth/me', () => ({ ...me, permissions: ['analytics:read', 'license:read'] })),
      answer('licenses', () => ({ count: 2, next: null, previous: null, results: LICENSES })),
      answer('analytics/usage', () => ({ bucket: 'day', series: [point(3, 9, 4.5), point(1, 12, 5.5)] })),
      answer('analytics/heatmap', () => ({ time_zone: 'UTC', cells: CELLS })),
      answer('analytics/denials', () => DENIALS),
      answer('analytics/forecast', () => FORECAST),
      answer('analytics/what-if', (query) => whatIf(Number(query.get('seats')))),
    );
    // jsdom supports neither blob URLs nor downloads.
    URL.createObjectURL = (blob) => {
      saved.push({ blob: blob as Blob, name: '' });
      return 'blob:file';
    };
    URL.revokeObjectURL = () => {};
    vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 640, 280)); // no layout
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved.at(-1)!.name = this.download;
    });
  });
  afterEach(() => vi.restoreAllMocks());
}

export function openAnalytics(search = ''): RouterHistory {
  const history = createMemoryHistory({ initialEntries: [`/analytics${search}`] });
  render(<App history={history} />);
  return history;
}
export const card = async (title: string) =>
  (await screen.findByRole('heading', { name: title, level: 2 })).closest('section')!;
export const rowsOf = (table: HTMLElement) =>
  within(table)
    .getAllByRole('row')
    .map((row) => [...row.children].map(({ textContent }) => textContent));
