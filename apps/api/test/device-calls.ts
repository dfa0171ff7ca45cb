import type { DeviceAuthorizationResponse } from '@coditect/contracts/device';
import { expect } from 'vitest';
import type { TestApp } from './app.js';

/** The address of the dashboard that devices show. */
export const DASHBOARD = 'https://app.example.test';

/** The requests of a device and of its user. @param api read at each call, because it starts later */
export function deviceCalls(api: () => TestApp) {
  const poll = (device: { device_code: string }) =>
    api().post('auth/device/token', { device_code: device.device_code });
  return {
    begin: async (clientName = 'coditect-license on build-7'): Promise<DeviceAuthorizationResponse> => {
      const { body } = await api().post('auth/device', { client_name: clientName }).expect(200);
      return body as DeviceAuthorizationResponse;
    },
    poll,
    look: (code: string, accessToken?: string) => api().get(`auth/device/${encodeURIComponent(code)}`, accessToken),
    decide: (code: string, what: 'approve' | 'deny', accessToken?: string) =>
      api().post(`auth/device/${encodeURIComponent(code)}/${what}`, {}, accessToken),
    rowOf: (device: DeviceAuthorizationResponse) =>
      api().db.system.deviceAuthorization.findUniqueOrThrow({
        where: { userCode: device.user_code.replace('-', '') },
      }),
    /** Expects a refused poll. OAuth clients read its `error`. */
    expectPolled: async (device: { device_code: string }, error: string): Promise<void> => {
      const { body, headers } = await poll(device).expect(400);
      expect(body).toMatchObject({ code: error, error });
      expect(headers).toMatchObject({
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
      });
    },
  };
}
