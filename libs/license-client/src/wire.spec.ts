import * as auth from '@coditect/contracts/auth';
import * as device from '@coditect/contracts/device';
import * as sessions from '@coditect/contracts/license-sessions';
import { Problem, type FieldError } from '@coditect/contracts/problem';
import type { SignedLicense as VerifiedLicense } from '@coditect/signed-license/signed-license';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { EMAIL, LicenseServer, PASSWORD } from '../test/license-server.js';
import { LicenseApi } from './license-api.js';
import { HttpClient, parseBaseUrl } from './http-client.js';
import { systemTiming } from './timing.js';
import type * as wire from './wire.js';

const MACHINE = '0b5e7c52-43a6-4c62-a9b7-1f6f6f0f2f6a';

describe('the messages of this client', () => {
  it('have the types of the contracts', () => {
    expectTypeOf<wire.AcquireResponse>().toEqualTypeOf<sessions.AcquireResponse>();
    expectTypeOf<wire.HeartbeatResponse>().toEqualTypeOf<sessions.HeartbeatResponse>();
    expectTypeOf<wire.SignedLicense>().toEqualTypeOf<sessions.SignedLicense>();
    expectTypeOf<wire.SignedLicense>().toEqualTypeOf<VerifiedLicense>();
    // this client never asks for the cookie, so the refresh token is always in the body
    expectTypeOf<wire.TokenResponse>().toEqualTypeOf<Required<auth.TokenResponse>>();
    expectTypeOf<Required<wire.LoginRequest>>().toEqualTypeOf<
      Required<Omit<(typeof auth.LoginRequest)['_zod']['input'], 'token_delivery'>>
    >();
    expectTypeOf<wire.DeviceAuthorization>().toEqualTypeOf<device.DeviceAuthorizationResponse>();
    expectTypeOf<wire.Account>().toEqualTypeOf<Pick<auth.Me, 'email'>>();
    expectTypeOf<wire.AcquireRequest>().toExtend<(typeof sessions.AcquireRequest)['_zod']['input']>();
    expectTypeOf<keyof wire.AcquireRequest>().toEqualTypeOf<keyof sessions.AcquireRequest>();
    expectTypeOf<wire.FieldError>().toEqualTypeOf<(typeof FieldError)['_zod']['output']>();
  });
});

describe('the license server of these tests', () => {
  let server: LicenseServer;
  let api: LicenseApi;

  beforeAll(async () => {
    server = await LicenseServer.start();
    const fetching = (url: string, init: RequestInit) => fetch(url, init);
    const options = { fetch: fetching, timeoutMs: 5000, timing: systemTiming };
    api = new LicenseApi(new HttpClient({ baseUrl: parseBaseUrl(server.url), ...options }));
  });
  afterAll(() => server.close());

  it('sends answers that match the contracts', async () => {
    const tokens = await api.login({ email: EMAIL, password: PASSWORD });
    const { body: grant } = await api.acquire(tokens.access_token, { machine_id: MACHINE, features: ['editor'] });
    const { body: beat } = await api.heartbeat(grant.session_token);
    const begun = await api.beginDevice('a test');
    server.devices.decide(begun.user_code, 'approved');
    const deviceTokens = await api.deviceTokens(begun.device_code);
    expect(auth.TokenResponse.parse(tokens)).toEqual(tokens);
    expect(device.DeviceAuthorizationResponse.parse(begun)).toEqual(begun);
    expect(auth.TokenResponse.parse(deviceTokens)).toEqual(deviceTokens);
    expect(sessions.AcquireResponse.parse(grant)).toEqual(grant);
    expect(sessions.HeartbeatResponse.parse(beat)).toEqual(beat);
  });

  it('receives requests that match the contracts', () => {
    const schemas = {
      'auth/login': auth.LoginRequest,
      'auth/device': device.DeviceAuthorizationRequest,
      'auth/device/token': device.DeviceTokenRequest,
      'licenses/acquire': sessions.AcquireRequest,
      'licenses/heartbeat': sessions.SessionTokenRequest,
    };
    for (const [route, schema] of Object.entries(schemas)) {
      expect(schema.parse(server.calls(route)[0]?.body)).toMatchObject(server.calls(route)[0]?.body ?? {});
    }
  });

  it('sends refusals that match the contracts', async () => {
    const answer = await fetch(`${server.url}/api/v1/licenses/heartbeat`, { method: 'POST', body: '{}' });
    expect(Problem.parse(await answer.json())).toMatchObject({ code: 'session_not_found' });
  });
});
