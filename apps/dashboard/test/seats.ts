import { http, HttpResponse } from 'msw';
import type { Message } from '#session/api';
import { me, server } from './server.ts';

type License = Message['License'];
type Session = Message['LicenseSession'];

const at = (msFromNow: number) => new Date(Date.now() + msFromNow).toISOString();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const aLicense = (changes: Partial<License> = {}): License => ({
  id: '0193a1f0-5b1e-7c3e-9b57-000000000001',
  key: 'CODI-TEST-0001',
  product: 'coditect',
  plan_tier: 'team',
  status: 'active',
  seats_total: 5,
  seats_in_use: 2,
  seats_free: 3,
  features: ['editor'],
  lease_seconds: 360,
  session_seconds: 28_800,
  valid_from: at(-DAY),
  valid_until: at(300 * DAY),
  created_at: at(-DAY),
  ...changes,
});

/** @param n distinguishes sessions and their users */
export const aSession = (n: number, changes: Partial<Session> = {}): Session => ({
  id: `0193a1f0-5b1e-7c3e-9b57-1${String(n).padStart(11, '0')}`,
  license_id: aLicense().id,
  user: {
    id: `0193a1f0-5b1e-7c3e-9b57-2${String(n).padStart(11, '0')}`,
    email: `person-${n}@acme.example`,
    name: `Person ${n}`,
  },
  machine_id: `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
  seat_no: n,
  status: 'active',
  started_at: at(-n * MINUTE),
  last_heartbeat_at: at(-MINUTE),
  lease_expires_at: at(5 * MINUTE),
  expires_at: at(DAY),
  ended_at: null,
  end_reason: null,
  ...changes,
});

export const ofMe = { user: { id: me.id, email: me.email, name: me.name } };

export const everything = [
  'license:read',
  'license_session:read',
  'license_session:read_all',
  'license_session:acquire',
  'license_session:hold',
  'license_session:end_any',
  'analytics:read',
  'user:update',
];
export const ofMember = ['license:read', 'license_session:read', 'license_session:acquire', 'license_session:hold'];

/** Returns the page of a list that a request asks for. */
export function page<Row>(rows: readonly Row[], url: string) {
  const query = new URL(url).searchParams;
  const [limit, offset] = [Number(query.get('limit') ?? 50), Number(query.get('offset') ?? 0)];
  const results = rows.slice(offset, offset + limit);
  return { count: rows.length, next: offset + limit < rows.length ? 'next' : null, previous: null, results };
}

/** Serves these licenses and sessions. `sessions` is read at each request, so tests can change it. */
export function serveSeats({ licenses = [aLicense()], sessions }: { licenses?: License[]; sessions: Session[] }): void {
  server.use(
    http.get('*/api/v1/licenses', ({ request }) => HttpResponse.json(page(licenses, request.url))),
    http.get('*/api/v1/licenses/:id', ({ params }) => {
      const found = licenses.find(({ id }) => id === params['id']);
      return found ? HttpResponse.json(found) : HttpResponse.json({ code: 'license_not_found' }, { status: 404 });
    }),
    http.get('*/api/v1/license-sessions', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const asked = (name: string, value: string) => !query.has(name) || query.get(name) === value;
      const found = sessions.filter(
        ({ status, license_id, user }) =>
          asked('status', status) &&
          asked('license_id', license_id) &&
          asked('user_id', user.id) &&
          user.email.includes(query.get('search') ?? ''),
      );
      return HttpResponse.json(page(found, request.url));
    }),
    http.get('*/api/v1/license-sessions/:id', ({ params }) =>
      HttpResponse.json(sessions.find(({ id }) => id === params['id'])),
    ),
    http.get('*/api/v1/users', ({ request }) => HttpResponse.json(page([], request.url))),
    http.get('*/api/v1/analytics/usage', () => HttpResponse.json({ bucket: 'hour', series: [] })),
    http.get('*/api/v1/analytics/denials', () =>
      HttpResponse.json({ bucket: 'hour', denials: 0, attempts: 0, series: [], by_reason: [], by_user: [] }),
    ),
  );
}
