import type { DeviceAuthorizationResponse } from '@coditect/contracts/device';
import { expect } from 'vitest';
import type { TestApp } from './app.js';

/** The dashboard of the specs of devices: a device shows its address. */
export const DASHBOARD = 'https://app.example.test';

/** What a device and the person in front of it ask of the API. @param api read at each call, for it starts later */
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
    /** A refused poll, whose `error` is what OAuth clients read. */
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
