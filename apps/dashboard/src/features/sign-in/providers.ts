import { answerOf } from '@coditect/api-client/api-client';
import { api, type Message } from '#session/api';

/** Where one can sign in beside the password. @param tenant slug, whose own providers are listed too; '' for none */
export async function providersOf(tenant: string): Promise<Message['SignInProvider'][]> {
  const query = { limit: 100, ...(tenant && { tenant }) };
  const { results } = await answerOf(api.GET('/api/v1/auth/providers', { params: { query } }));
  // An Identity Platform signs people in by its own SDK, which these pages do not carry.
  return results.filter(({ kind }) => kind !== 'identity_platform');
}
