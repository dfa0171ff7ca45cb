import { answerOf } from '@coditect/api-client/api-client';
import { api, type Message } from '#session/api';

/** Returns the sign-in providers. @param tenant slug whose own providers are included; '' for none */
export async function providersOf(tenant: string): Promise<Message['SignInProvider'][]> {
  const query = { limit: 100, ...(tenant && { tenant }) };
  const { results } = await answerOf(api.GET('/api/v1/auth/providers', { params: { query } }));
  // Identity Platform needs its SDK in the browser, which these pages do not load.
  return results.filter(({ kind }) => kind !== 'identity_platform');
}
