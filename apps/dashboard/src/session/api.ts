import { createApiClient } from '@coditect/api-client/api-client';
import type { components } from '@coditect/api-client/generated/api';
import { currentToken, renewToken } from './access-token.ts';

/** The schemas of the API by name. */
export type Message = components['schemas'];

/** The client, typed by the OpenAPI document: `answerOf(api.GET('/api/v1/users', { params: { query } }))`. */
export const api = createApiClient({
  baseUrl: window.location.origin,
  token: currentToken,
  refresh: renewToken,
  credentials: 'same-origin',
});
