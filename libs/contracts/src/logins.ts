import { z } from 'zod';
import { Id, PageQuery, Timestamp, pageOf } from './common.js';

/** One sign-in of a user on one device. Refreshing keeps it alive. */
export const Login = z
  .object({
    id: Id,
    method: z.string().meta({ description: 'password, oauth:<provider>, device or invitation' }),
    ip: z.string().nullable().meta({ description: 'The address it was last used from' }),
    user_agent: z.string().nullable(),
    created_at: Timestamp,
    last_used_at: Timestamp.meta({ description: 'When it started or was last refreshed' }),
    expires_at: Timestamp.meta({ description: 'When it ends. Refreshing does not prolong it' }),
    current: z.boolean().meta({ description: 'True for the login of this request' }),
  })
  .meta({
    id: 'Login',
    examples: [
      {
        id: '0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f11',
        method: 'password',
        ip: '203.0.113.7',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
        created_at: '2026-11-20T08:00:00.000Z',
        last_used_at: '2026-11-22T09:30:00.000Z',
        expires_at: '2026-12-20T08:00:00.000Z',
        current: true,
      },
    ],
  });
export type Login = z.infer<typeof Login>;

export const LoginPage = pageOf(Login, 'LoginPage');
export const LoginQuery = PageQuery.extend({
  ordering: z
    .enum(['last_used_at', '-last_used_at', 'created_at', '-created_at', 'expires_at', '-expires_at'])
    .default('-last_used_at'),
});
export type LoginQuery = z.infer<typeof LoginQuery>;

export const LogoutEverywhereRequest = z
  .strictObject({ except_current: z.boolean().default(false) })
  .prefault({})
  .meta({ id: 'LogoutEverywhereRequest', examples: [{ except_current: true }, {}] });
export type LogoutEverywhereRequest = z.infer<typeof LogoutEverywhereRequest>;
