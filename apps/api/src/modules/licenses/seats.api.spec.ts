import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../../../test/app.js';
import { newMachine, type TestTenant } from '../../../test/factory.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

describe('given a license with three seats', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant({ seatsTotal: 3 });
  });

  it('when a machine acquires, then it gets seat 1 with a signed license, 201; and 200 when it asks again', async () => {
    const body = { machine_id: newMachine() };
    const first = await api.post('licenses/acquire', body, tenant.member.accessToken).expect(201);
    expect(first.body).toMatchObject({ seat_no: 1, heartbeat_interval_seconds: 120, features: ['editor', 'agents'] });
    const again = await api.post('licenses/acquire', body, tenant.member.accessToken).expect(200);
    expect(again.body.session_token).toBe(first.body.session_token);
    expect(again.body.session_id).toBe(first.body.session_id);
  });
});
