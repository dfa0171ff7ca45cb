import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Message } from '#session/api';
import { renderApp } from '#test/render-app';
import { aSession, everything, ofMe, ofMember, serveSeats } from '#test/seats';
import { server } from '#test/server';

// jsdom has no layout: without a height no row would be visible.
const height = vi.spyOn(Element.prototype, 'clientHeight', 'get');
beforeAll(() => void height.mockReturnValue(600));
afterAll(() => height.mockRestore());

const several = () => [aSession(1), aSession(2), aSession(3, { license_id: '0193a1f0-5b1e-7c3e-9b57-000000000002' })];
const names = () => screen.getAllByRole('button', { name: /^Person \d+$/ }).map((one) => one.textContent);
const url = ({ location }: { location: { href: string } }) => location.href;

function open(path: string, sessions: Message['LicenseSession'][], permissions = everything) {
  const view = renderApp(path, { permissions });
  serveSeats({ sessions });
  return view;
}

describe('the list of sessions', () => {
  it('shows user, machine, seat and remaining lease', async () => {
    open('/sessions', several());
    const row = (await screen.findByRole('button', { name: 'Person 1' })).closest('tr')!;
    expect(row).toHaveTextContent('person-1@acme.example');
    expect(row).toHaveTextContent('00000001…');
    expect(row).toHaveTextContent('coditect team ···0001');
    expect(row).toHaveTextContent(/[45]:\d\d/);
    expect(screen.getByText('3 sessions')).toBeVisible();
  });

  it('when filtered by text and license, then the URL keeps the filters', async () => {
    const { user, history } = open('/sessions', several());
    await user.type(await screen.findByPlaceholderText('Name, e-mail, machine or id'), 'person-2');
    await waitFor(() => expect(names()).toEqual(['Person 2']));
    expect(url(history)).toBe('/sessions?q=person-2');
    await user.clear(screen.getByPlaceholderText('Name, e-mail, machine or id'));
    await user.selectOptions(screen.getByLabelText('License'), 'coditect team ···0001');
    await waitFor(() => expect(names()).toEqual(['Person 1', 'Person 2']));
    expect(url(history)).toMatch(/license=0193a1f0/);
  });

  it('is sorted by any column, in both directions', async () => {
    const { user, history } = open('/sessions', several());
    const heading = await screen.findByRole('columnheader', { name: 'Seat' });
    await user.click(within(heading).getByRole('button'));
    await waitFor(() => expect(heading).toHaveAttribute('aria-sort', 'ascending'));
    expect(names()).toEqual(['Person 1', 'Person 2', 'Person 3']);
    await user.click(within(heading).getByRole('button'));
    await waitFor(() => expect(names()).toEqual(['Person 3', 'Person 2', 'Person 1']));
    expect(url(history)).toBe('/sessions?sort=-seat');
  });

  it('when there are several pages, then all are read, and only visible rows are in the document', async () => {
    open(
      '/sessions',
      Array.from({ length: 2500 }, (_, n) => aSession(n + 1)),
    );
    expect(await screen.findByText('2,500 sessions')).toBeVisible();
    expect(names().length).toBeLessThan(60);
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '2501');
  });

  it('when ended sessions are listed, then they come page by page', async () => {
    const ended = Array.from({ length: 150 }, (_, n) =>
      aSession(n + 1, { status: 'expired', end_reason: 'lease_expired', ended_at: new Date().toISOString() }),
    );
    const { user, history } = open('/sessions', ended);
    expect(await screen.findByText('Nobody holds a seat')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Status'), 'Expired');
    expect(await screen.findByRole('button', { name: 'Person 1' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    expect(await screen.findByRole('button', { name: 'Person 101' })).toBeVisible();
    expect(url(history)).toBe('/sessions?status=expired&offset=100');
  });

  it('when ended sessions are searched, then the API searches all of them', async () => {
    const ended = Array.from({ length: 150 }, (_, n) => aSession(n + 1, { status: 'released' }));
    const { user, history } = open('/sessions?status=released&offset=100', ended);
    await user.type(await screen.findByPlaceholderText('Name, e-mail, machine or id'), 'person-7@');
    await waitFor(() => expect(names()).toEqual(['Person 7']));
    expect(url(history)).toBe('/sessions?status=released&q=person-7%40');
  });

  it('when the user is a member, then it says that only own sessions are shown', async () => {
    open('/sessions', [aSession(1, ofMe)], ofMember);
    expect(await screen.findByText(/The seats that you hold/)).toBeVisible();
    expect(await screen.findByRole('button', { name: 'End the session of Ada Lovelace on seat 1' })).toBeVisible();
  });

  it('when it cannot be loaded, then it says so, and it can be tried again', async () => {
    const { user } = renderApp('/sessions', { permissions: everything });
    server.use(http.get('*/api/v1/license-sessions', () => HttpResponse.json({ code: 'forbidden' }, { status: 403 })));
    const again = await screen.findByRole('button', { name: 'Try again' });
    serveSeats({ sessions: several() });
    await user.click(again);
    expect(await screen.findByRole('button', { name: 'Person 1' })).toBeVisible();
  });

  it('when no session matches the filters, then removing them shows all again', async () => {
    const { user } = open('/sessions?q=nobody', several());
    await user.click(await screen.findByRole('button', { name: 'Remove the filters' }));
    expect(await screen.findByRole('button', { name: 'Person 1' })).toBeVisible();
  });
});

describe('ending a session', () => {
  it('names the user who loses the seat, and removes the row after the API has ended the session', async () => {
    const { user } = open('/sessions', several());
    const released = vi.fn<(id: unknown) => void>();
    server.use(
      http.post('*/api/v1/license-sessions/:id/release', ({ params }) => {
        released(params['id']);
        return HttpResponse.json({ session_id: params['id'], status: 'revoked' });
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'End the session of Person 2 on seat 2' }));
    const dialog = await screen.findByRole('dialog', { name: 'End the session of Person 2?' });
    expect(dialog).toHaveTextContent(/Person 2 loses seat 2 .*told at its next heartbeat/);
    expect(released).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole('button', { name: 'End session' }));
    await waitFor(() => expect(names()).toEqual(['Person 1', 'Person 3']));
    expect(released).toHaveBeenCalledExactlyOnceWith(aSession(2).id);
  });

  it('when the API refuses, then the row stays and the reason is shown', async () => {
    const { user } = open('/sessions', several());
    server.use(
      http.post('*/api/v1/license-sessions/:id/release', () =>
        HttpResponse.json({ code: 'forbidden' }, { status: 403 }),
      ),
    );
    await user.click(await screen.findByRole('button', { name: 'End the session of Person 2 on seat 2' }));
    await user.click(await screen.findByRole('button', { name: 'End session' }));
    expect(await screen.findByText('Your role does not allow this.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(names()).toHaveLength(3);
  });

  it('when the user has no permission, then it is not offered for sessions of others', async () => {
    open('/sessions', [aSession(1)], ['license_session:read', 'license_session:read_all', 'license:read']);
    await screen.findByRole('button', { name: 'Person 1' });
    expect(screen.queryByRole('button', { name: /End the session/ })).toBeNull();
  });
});

describe('the details of a session', () => {
  it('when the URL has the id, then they show all ids for copying; closing them removes the id', async () => {
    const session = aSession(7, { status: 'revoked', end_reason: 'revoked', ended_at: new Date().toISOString() });
    const { user, history } = open(`/sessions?id=${session.id}`, [session]);
    const dialog = await screen.findByRole('dialog', { name: 'License session' });
    expect(await within(dialog).findByText('Ended by an owner or admin')).toBeVisible();
    for (const id of [session.id, session.machine_id, session.user.id, session.license_id])
      expect(within(dialog).getByText(id)).toBeVisible();
    expect(within(dialog).queryByRole('button', { name: 'End session' })).toBeNull();
    await user.click(within(dialog).getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(url(history)).toBe('/sessions'));
  });

  it('when it is an own session, then they offer to end it in words of its own', async () => {
    const session = aSession(1, ofMe);
    const { user } = open(`/sessions?id=${session.id}`, [session], ofMember);
    await user.click(await screen.findByRole('button', { name: 'End session' }));
    expect(await screen.findByRole('dialog', { name: 'Release your seat?' })).toBeVisible();
  });
});

describe('the export of sessions', () => {
  it('contains the filtered ones', async () => {
    const texts: Promise<string>[] = [];
    const create = vi.fn<(blob: Blob) => string>((blob) => {
      texts.push(blob.text());
      return 'blob:csv';
    });
    Object.assign(URL, { createObjectURL: create, revokeObjectURL: vi.fn<() => void>() });
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    const { user } = open('/sessions?q=person-2', several());
    await screen.findByRole('button', { name: 'Person 2' });
    await user.click(screen.getByRole('button', { name: 'Export CSV' }));
    expect(await screen.findByText('1 session exported')).toBeVisible();
    const csv = await texts[0];
    expect(csv).toContain('person-2@acme.example');
    expect(csv).not.toContain('person-1@acme.example');
    click.mockRestore();
  });
});
