import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';
import { deviceSearch, userCodeShown } from './device-search.ts';

const WAITING = {
  client_name: 'coditect-license on build-7',
  ip: '203.0.113.7',
  created_at: new Date(Date.now() - 60_000).toISOString(),
  expires_at: new Date(Date.now() + 540_000).toISOString(),
};
const unknown = () => HttpResponse.json({ code: 'device_not_found', title: 'No device' }, { status: 404 });

/** Opens the page while a device waits with the code WDJB-MJHT. Returns the decisions that the page sends. */
function open(path: string) {
  const view = renderApp(path, { permissions: ['self:update'] });
  const decided: string[] = [];
  server.use(
    http.get('*/api/v1/auth/device/:code', ({ params }) =>
      params['code'] === 'WDJB-MJHT' ? HttpResponse.json(WAITING) : unknown(),
    ),
    http.post('*/api/v1/auth/device/:code/:decision', ({ params }) => {
      if (decided.length > 0) return unknown();
      decided.push(`${String(params['decision'])} ${String(params['code'])}`);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return { ...view, decided };
}

describe('a device that asks to be signed in', () => {
  it('shows its code and the account it will use, and is approved', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    expect(await screen.findByRole('heading', { name: 'coditect-license on build-7' })).toBeVisible();
    expect(screen.getByText('wants to be signed in as ada@acme.example at Acme.')).toBeVisible();
    expect(screen.getByText('WDJB-MJHT')).toBeVisible();
    expect(screen.getByText('203.0.113.7')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Approve' }));
    expect(await screen.findByText(/^Approved\./)).toBeVisible();
    expect(decided).toEqual(['approve WDJB-MJHT']);
  });

  it('when it is denied, then the page says so', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    await user.click(await screen.findByRole('button', { name: 'Deny' }));
    expect(await screen.findByText(/^Denied\./)).toBeVisible();
    expect(decided).toEqual(['deny WDJB-MJHT']);
  });

  it('when its code is typed in any case and without hyphen, then it is found', async () => {
    const { user, history } = open('/device');
    const code = await screen.findByLabelText('Code');
    await user.type(code, 'wdj{Enter}');
    expect(screen.getByText('Enter all eight letters.')).toBeVisible();
    await user.type(code, 'bmjht{Enter}');
    expect(await screen.findByRole('heading', { name: 'coditect-license on build-7' })).toBeVisible();
    expect(history.location.search).toBe('?user_code=WDJB-MJHT');
  });

  it('when its code is unknown or expired, then the code can be corrected', async () => {
    const { user } = open('/device?user_code=XXXX-XXXX');
    expect(await screen.findByRole('alert')).toHaveTextContent('No device is waiting with this code.');
    const code = screen.getByLabelText('Code');
    await user.clear(code);
    await user.type(code, 'WDJB-MJHT{Enter}');
    expect(await screen.findByRole('button', { name: 'Approve' })).toBeVisible();
  });

  it('when it was decided on elsewhere meanwhile, then the page says so', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    await screen.findByRole('button', { name: 'Approve' });
    decided.push('deny WDJB-MJHT');
    await user.click(screen.getByRole('button', { name: 'Approve' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('No device is waiting with this code.');
  });

  it('has its code formatted as the device shows it', () => {
    expect(userCodeShown(' wdjb mjht ')).toBe('WDJB-MJHT');
    expect(userCodeShown('WD')).toBe('WD');
    expect(deviceSearch({ user_code: ' ' })).toEqual({});
  });
});
