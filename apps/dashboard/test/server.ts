import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import type { Message } from '#session/api';

/** The default signed-in user: an owner with the permissions that the test names. */
export const me = {
  id: '0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f01',
  email: 'ada@acme.example',
  name: 'Ada Lovelace',
  role: 'owner',
  tenant: { id: '0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f00', slug: 'acme', name: 'Acme' },
  email_verified: true,
  has_password: true,
  two_factor_enabled: false,
} satisfies Partial<Message['Me']>;

/** Serves `me` as the only user. Tests add responses with `server.use`. */
export const server = setupServer(
  http.post('*/api/v1/auth/refresh', () =>
    HttpResponse.json({ access_token: 'token', token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 9000 }),
  ),
  http.get('*/api/v1/stream', () => new HttpResponse(null, { status: 403 })),
);
