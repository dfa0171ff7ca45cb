import { randomUUID } from 'node:crypto';
import type { UserRole } from '@coditect/contracts/common';
import { type Invitation, InviteResponse } from '@coditect/contracts/invitations';
import type { TestApp } from './app.js';
import type { TestTenant } from './factory.js';
import { mailsTo, tokenIn } from './mails.js';

type Caller = { accessToken: string };

export const newEmail = () => `${randomUUID()}@example.test`;
export const statusesOf = (answers: { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** The requests of the invitation specs, as the admin of the tenant. Both parameters are read at each call. */
export function invitationCalls(api: () => TestApp, tenant: () => TestTenant) {
  const invite = (body: object, by: Caller = tenant().admin) => api().post('users/invitations', body, by.accessToken);
  return {
    invite,
    invited: async (email: string, role: UserRole = 'member'): Promise<Invitation> => {
      const { body } = await invite({ email, role }).expect(201);
      return InviteResponse.parse(body).invitations[0]!;
    },
    resend: (id: string) => api().post(`users/invitations/${id}/resend`, {}, tenant().admin.accessToken),
    revoke: (id: string) => api().delete(`users/invitations/${id}`, tenant().admin.accessToken),
    open: (token: string) => api().get(`auth/invitations/${token}`),
    rowsFor: (email: string) => api().db.system.invitation.findMany({ where: { email }, orderBy: { id: 'asc' } }),
    lastToken: async (email: string) => tokenIn((await mailsTo(api(), email)).at(-1)),
    /** Moves the clock and signs in again, because access tokens expire sooner. */
    later: async (seconds: number): Promise<void> => {
      api().advance(seconds);
      const { owner, admin } = tenant();
      const { factory } = api();
      Object.assign(tenant(), { owner: await factory.signIn(owner), admin: await factory.signIn(admin) });
    },
  };
}
