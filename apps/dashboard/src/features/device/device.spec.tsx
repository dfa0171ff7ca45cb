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

/** The page while one device waits with WDJB-MJHT. Returns the decisions that it sends. */
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
  it('is shown with who it would be and with its code, and approved', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    expect(await screen.findByRole('heading', { name: 'coditect-license on build-7' })).toBeVisible();
    expect(screen.getByText('wants to be signed in as ada@acme.example at Acme.')).toBeVisible();
    expect(screen.getByText('WDJB-MJHT')).toBeVisible();
    expect(screen.getByText('203.0.113.7')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Approve' }));
    expect(await screen.findByText(/^Approved\./)).toBeVisible();
    expect(decided).toEqual(['approve WDJB-MJHT']);
  });

  it('is denied', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    await user.click(await screen.findByRole('button', { name: 'Deny' }));
    expect(await screen.findByText(/^Denied\./)).toBeVisible();
    expect(decided).toEqual(['deny WDJB-MJHT']);
  });

  it('is found by the code that is typed, in any case and without its hyphen', async () => {
    const { user, history } = open('/device');
    const code = await screen.findByLabelText('Code');
    await user.type(code, 'wdj{Enter}');
    expect(screen.getByText('Enter all eight letters.')).toBeVisible();
    await user.type(code, 'bmjht{Enter}');
    expect(await screen.findByRole('heading', { name: 'coditect-license on build-7' })).toBeVisible();
    expect(history.location.search).toBe('?user_code=WDJB-MJHT');
  });

  it('that is not known, or no longer, lets the code be corrected', async () => {
    const { user } = open('/device?user_code=XXXX-XXXX');
    expect(await screen.findByRole('alert')).toHaveTextContent('No device waits with this code.');
    const code = screen.getByLabelText('Code');
    await user.clear(code);
    await user.type(code, 'WDJB-MJHT{Enter}');
    expect(await screen.findByRole('button', { name: 'Approve' })).toBeVisible();
  });

  it('that somebody else has decided on meanwhile says so', async () => {
    const { user, decided } = open('/device?user_code=WDJB-MJHT');
    await screen.findByRole('button', { name: 'Approve' });
    decided.push('deny WDJB-MJHT');
    await user.click(screen.getByRole('button', { name: 'Approve' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('No device waits with this code.');
  });

  it('has a code that is shown as the device shows it', () => {
    expect(userCodeShown(' wdjb mjht ')).toBe('WDJB-MJHT');
    expect(userCodeShown('WD')).toBe('WD');
    expect(deviceSearch({ user_code: ' ' })).toEqual({});
  });
});
