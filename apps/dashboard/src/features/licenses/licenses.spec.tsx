import vectors from '@coditect/signed-license/vectors/signed-license.json';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderApp } from '#test/render-app';
import { aLicense, aSession, everything, ofMe, ofMember, serveSeats } from '#test/seats';
import { server } from '#test/server';

const license = aLicense();
const full = aLicense({ seats_in_use: 5, seats_free: 0 });
const signed = vectors.signing[0]!.license;

afterEach(() => {
  vi.useRealTimers();
});

function open(path: string, permissions = ofMember, seats: Partial<Parameters<typeof serveSeats>[0]> = {}) {
  const view = renderApp(path, { permissions });
  serveSeats({ sessions: [], ...seats });
  server.use(http.get('*/.well-known/jwks.json', () => HttpResponse.json(vectors.jwks)));
  return view;
}

describe('the list of licenses', () => {
  it('shows state, seats, validity and features of each', async () => {
    open('/licenses', ofMember, {
      licenses: [license, aLicense({ id: 'other', status: 'suspended', valid_until: null })],
    });
    const [, first, second] = await screen.findAllByRole('row');
    for (const text of ['coditect team', 'CODI-TEST-0001', 'Active', '2 of 5', 'editor'])
      expect(first).toHaveTextContent(text);
    expect(second).toHaveTextContent('Suspended');
    expect(second).toHaveTextContent('No end');
  });

  it('when it is empty, then the page says so', async () => {
    open('/licenses', ofMember, { licenses: [] });
    expect(await screen.findByText('No license yet')).toBeVisible();
  });
});

describe('a license', () => {
  it('shows what it grants, who holds its seats, and how to take one', async () => {
    open(`/licenses/${license.id}`, everything, { sessions: [aSession(1)] });
    expect(await screen.findByRole('heading', { name: 'coditect team', level: 1 })).toBeVisible();
    expect(screen.getByText('A seat without a heartbeat is free after 6 minutes')).toBeVisible();
    expect(screen.getByText('A seat is held for at most 8 hours')).toBeVisible();
    expect(await screen.findByRole('link', { name: 'Person 1' })).toBeVisible();
    expect(screen.getByText(/--license-key CODI-TEST-0001/)).toBeVisible();
    expect(screen.getByText(/You hold no seat of this license now/)).toBeVisible();
  });

  it('when it does not exist, then the page says so', async () => {
    open('/licenses/nothing');
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible();
  });

  it('offers the signed license of an own seat, and says why one is refused', async () => {
    const own = aSession(1, ofMe);
    const { user } = open(`/licenses/${license.id}`, ofMember, { sessions: [own, aSession(2)] });
    server.use(http.get('*/api/v1/license-sessions/:id/signed-license', () => HttpResponse.json(signed)));
    await screen.findByRole('button', { name: 'Download' });
    await user.click(copyButton());
    await waitFor(async () => expect(JSON.parse(await navigator.clipboard.readText())).toEqual(signed));

    server.use(
      http.get('*/api/v1/license-sessions/:id/signed-license', () =>
        HttpResponse.json({ code: 'lease_lost', title: 'The seat is no longer yours' }, { status: 410 }),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Download' }));
    expect(await screen.findByText('The seat is no longer yours')).toBeVisible();
  });
});

/** The button with a visible text. Those beside keys and commands have only an icon. */
const copyButton = () => screen.getAllByRole('button', { name: 'Copy' }).find((one) => one.textContent === 'Copy')!;

describe('a license without a free seat', () => {
  const contacts = [
    { id: '1', name: 'Grace Hopper', role: 'owner' },
    { id: '2', name: 'Alan Turing', role: 'admin' },
  ];
  const asking = (answer: () => Response) => {
    const asked = vi.fn<() => Response>(answer);
    server.use(
      http.get('*/api/v1/licenses/:id/contacts', () => HttpResponse.json({ contacts })),
      http.post('*/api/v1/licenses/:id/seat-requests', () => asked()),
    );
    return asked;
  };

  it('when a member asks for a seat, then the admins are named, and asked once', async () => {
    const { user } = open(`/licenses/${full.id}`, ofMember, { licenses: [full] });
    const asked = asking(() => HttpResponse.json({ contacts }, { status: 202 }));
    expect(await screen.findByText(/Grace Hopper \(Owner\) and Alan Turing \(Admin\) can free a seat/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Ask for a seat' }));
    expect(await screen.findByText(/They have been asked by e-mail: Grace Hopper/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Ask for a seat' })).toBeDisabled();
    expect(asked).toHaveBeenCalledOnce();
  });

  it('when a member has asked already, then the page says when to ask again', async () => {
    const { user } = open(`/licenses/${full.id}`, ofMember, { licenses: [full] });
    asking(() => HttpResponse.json({ code: 'rate_limited' }, { status: 429, headers: { 'retry-after': '1800' } }));
    await user.click(await screen.findByRole('button', { name: 'Ask for a seat' }));
    expect(await screen.findByText('You have asked already. You can ask again in 30 minutes.')).toBeVisible();
  });

  it('when the user holds seats, then they can be released, the one with the oldest heartbeat first', async () => {
    const silent = aSession(4, { ...ofMe, last_heartbeat_at: new Date(Date.now() - 300_000).toISOString() });
    const { user } = open(`/licenses/${full.id}`, ofMember, {
      licenses: [full],
      sessions: [aSession(3, ofMe), silent],
    });
    asking(() => HttpResponse.json({ contacts }));
    const released = vi.fn<(id: unknown) => void>();
    server.use(
      http.post('*/api/v1/license-sessions/:id/release', ({ params }) => {
        released(params['id']);
        return HttpResponse.json({ session_id: params['id'], status: 'released' });
      }),
    );
    const [first] = await screen.findAllByRole('button', { name: 'Release and take over' });
    await user.click(first!);
    const dialog = await screen.findByRole('dialog', { name: 'Release your seat?' });
    await user.click(within(dialog).getByRole('button', { name: 'Release seat' }));
    await waitFor(() => expect(released).toHaveBeenCalledExactlyOnceWith(silent.id));
  });

  it('when the user can end sessions, then the page links to them instead of asking others', async () => {
    open(`/licenses/${full.id}`, everything, { licenses: [full] });
    const link = await screen.findByRole('link', { name: 'See who holds them' });
    expect(link).toHaveAttribute('href', `/sessions?license=${full.id}`);
    expect(screen.queryByRole('button', { name: 'Ask for a seat' })).toBeNull();
  });
});

describe('verifying a signed license', () => {
  const { payload } = signed;
  const at = (seconds: number) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(seconds * 1000);
  };
  const verify = async (text: string) => {
    fireEvent.change(await screen.findByLabelText('Signed license or token'), { target: { value: text } });
    fireEvent.click(screen.getByRole('button', { name: 'Verify' }));
  };

  it.each([
    ['a signed license', JSON.stringify(signed)],
    ['a response of acquire', JSON.stringify({ session_id: 'x', signed_license: signed })],
    ['a token', signed.token],
  ])('when %s is verified, then its claims are shown', async (_, text) => {
    open('/licenses');
    at(payload.iat);
    await verify(text);
    expect(await screen.findByText('The license is genuine and valid')).toBeVisible();
    expect(screen.getByText(payload.machine_id)).toBeVisible();
    expect(screen.getByText(payload.iss)).toBeVisible();
  });

  it.each([
    [
      'a changed license',
      JSON.stringify({ ...signed, payload: { ...payload, seat_no: 99 } }),
      'payload_mismatch',
      payload.iat,
    ],
    ['an expired license', signed.token, 'expired', payload.exp + 61],
    ['another text', 'hello', 'malformed', payload.iat],
  ])('when %s is verified, then the exact reason of the refusal is shown', async (_, text, code, now) => {
    open('/licenses');
    at(now);
    await verify(text);
    expect(await screen.findByText('The license is refused')).toBeVisible();
    expect(screen.getByText(code)).toBeVisible();
  });

  it('when a file is dropped, then it is verified', async () => {
    open('/licenses');
    at(payload.iat);
    const file = new File([signed.token], 'license.jwt');
    fireEvent.drop(await screen.findByLabelText('Signed license or token'), { dataTransfer: { files: [file] } });
    expect(await screen.findByText('The license is genuine and valid')).toBeVisible();
  });

  it('when the keys cannot be loaded, then the page says so', async () => {
    open('/licenses');
    server.use(http.get('*/.well-known/jwks.json', () => HttpResponse.error()));
    await verify(signed.token);
    expect(await screen.findByText(/The server cannot be reached/)).toBeVisible();
  });
});
