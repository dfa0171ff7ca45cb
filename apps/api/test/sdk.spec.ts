import { LicenseClient } from '@coditect/license-client/client';
import {
  EntitlementMissingError,
  LeaseLostError,
  LicenseStateError,
  NoSeatsAvailableError,
} from '@coditect/license-client/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '#test/passwords';
import { LicensesService } from '#modules/licenses/licenses.service';
import { requestStore } from '#platform/request-context';
import { startStack, TestApp, type TestStack } from './app.js';
import { newMachine, type TestTenant } from './factory.js';

let stack: TestStack;
let api: TestApp;
let baseUrl: string;
const clients: LicenseClient[] = [];
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  baseUrl = await api.app.getUrl();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.release()));
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

function clientOf(accessToken: string): LicenseClient {
  const client = new LicenseClient({ baseUrl, machineId: newMachine(), credentials: { accessToken } });
  clients.push(client);
  return client;
}
const next = <Name extends 'renewed' | 'lost'>(client: LicenseClient, name: Name) =>
  new Promise<Parameters<Parameters<typeof client.on<Name>>[1]>[0]>((resolve) => {
    const off = client.on(name, (event) => {
      off();
      resolve(event);
    });
  });

describe('a client program with the SDK, on the real API', () => {
  it('signs in, acquires a seat with a verified license, keeps it at the server’s interval, and releases it', async () => {
    const tenant = await api.factory.tenant({ leaseSeconds: 3, seatsTotal: 1 });
    const password = 'correct horse battery staple';
    const user = await api.factory.user(tenant.id, 'member', { passwordHash: await hashPassword(password) });
    const client = new LicenseClient({
      baseUrl,
      machineId: newMachine(),
      credentials: { email: user.email, password },
    });
    clients.push(client);

    const seat = await client.acquire({ features: ['editor'] });
    expect(seat.seatNo).toBe(1);
    expect(await client.verifyOffline(client.grant!.signed_license)).toMatchObject({
      session_id: seat.sessionId,
      tenant_id: tenant.id,
      user_id: user.id,
    });
    const renewed = await next(client, 'renewed');
    expect(renewed.seat.leaseExpiresAt.getTime()).toBeGreaterThan(seat.leaseExpiresAt.getTime());

    await client.release();
    expect(await clientOf(tenant.admin.accessToken).acquire()).toMatchObject({ seatNo: 1 });
  });

  it('gets a typed error with the reason if there is no seat', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    await clientOf(tenant.owner.accessToken).acquire();
    const member = clientOf(tenant.member.accessToken);
    await expect(member.acquire()).rejects.toBeInstanceOf(NoSeatsAvailableError);
    await expect(member.acquire({ features: ['teleportation'] })).rejects.toBeInstanceOf(EntitlementMissingError);
    await expect(clientOf(tenant.viewer.accessToken).acquire()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('learns with the next heartbeat that an admin revoked its session', async () => {
    const tenant = await api.factory.tenant({ leaseSeconds: 3 });
    const client = clientOf(tenant.member.accessToken);
    const seat = await client.acquire();
    const lost = next(client, 'lost');
    await api.post(`license-sessions/${seat.sessionId}/release`, {}, tenant.admin.accessToken).expect(200);
    const { error } = await lost;
    expect(error).toBeInstanceOf(LeaseLostError);
    expect(client.state).toBe('lost');
  });

  it('learns with the next heartbeat that its license was suspended, and gets a seat once it is reinstated', async () => {
    const tenant = await api.factory.tenant({ leaseSeconds: 3 });
    const client = clientOf(tenant.member.accessToken);
    await client.acquire();
    const lost = next(client, 'lost');
    await changeStatus(tenant, 'suspended');
    expect((await lost).error).toBeInstanceOf(LicenseStateError);
    await expect(client.acquire()).rejects.toMatchObject({ code: 'license_suspended' });
    await changeStatus(tenant, 'active');
    expect((await client.acquire()).seatNo).toBe(1);
  });
});

function changeStatus(tenant: TestTenant, status: 'active' | 'suspended') {
  return requestStore.run({ requestId: 'test', actor: { type: 'system' } }, () =>
    api.app.get(LicensesService).changeStatus(tenant.id, tenant.license.id, status),
  );
}
