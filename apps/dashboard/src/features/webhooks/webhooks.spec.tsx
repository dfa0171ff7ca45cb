import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Message } from '#session/api';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['api_key:manage', 'license_session:acquire', 'webhook:manage', 'event:read'];

const webhook: Message['Webhook'] = {
  id: '0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b21',
  url: 'https://hooks.acme.example/coditect',
  description: 'Seat monitor',
  event_types: ['license_session.acquired', 'denial.created'],
  status: 'enabled',
  disabled_reason: null,
  disabled_at: null,
  consecutive_failures: 0,
  failing_since: null,
  previous_secret_until: null,
  version: 7,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};
const delivery = {
  id: '0195a4c4-7f10-7c62-8e1b-6d7c8b9a0f12',
  webhook_id: webhook.id,
  event_id: '0195a4c4-3e2f-7b51-9d0a-5c6b7a8f9e01',
  event_type: 'license_session.acquired',
  event_sequence: 4711,
  status: 'failed',
  attempts: 9,
  next_attempt_at: null,
  completed_at: null,
  created_at: '2026-11-22T09:30:00.000Z',
};
const attempt = {
  attempted_at: '2026-11-22T09:30:00.000Z',
  duration_ms: 84,
  status_code: 500,
  error: null,
  body: 'oh no',
};
const page = (results: object[]) => HttpResponse.json({ count: results.length, next: null, previous: null, results });

function renderWebhooks(webhooks: object[] = [webhook]) {
  const view = renderApp('/developers?tab=webhooks', { permissions });
  server.use(http.get('*/api/v1/webhooks', () => page(webhooks)));
  return view;
}

function renderWebhook(change: Partial<Message['Webhook']> = {}, deliveries: object[] = [delivery]) {
  const view = renderApp(`/developers/webhooks/${webhook.id}`, { permissions });
  const asked: { path: string; body: string; ifMatch: string | null }[] = [];
  const record = async ({ request }: { request: Request }) => {
    asked.push({
      path: `${request.method} ${new URL(request.url).pathname.replace('/api/v1/webhooks/', '')}`,
      body: await request.text(),
      ifMatch: request.headers.get('if-match'),
    });
  };
  const answers =
    (answer: object, status = 200) =>
    async (info: { request: Request }) => {
      await record(info);
      return status === 204 ? new HttpResponse(null, { status }) : HttpResponse.json(answer, { status });
    };
  const own = `*/api/v1/webhooks/${webhook.id}`;
  server.use(
    http.get('*/api/v1/webhooks', () => page([])),
    http.get(own, () => HttpResponse.json({ ...webhook, ...change })),
    http.patch(own, answers(webhook)),
    http.delete(own, answers({}, 204)),
    http.post(`${own}/rotate-secret`, answers({ ...webhook, secret: 'whsec_new' })),
    http.post(`${own}/replay`, answers({ deliveries: 17 }, 202)),
    http.post(`${own}/test`, answers({ succeeded: false, ...attempt })),
    http.post(`${own}/:verb`, answers(webhook)),
    http.get(`${own}/deliveries`, ({ request }) =>
      page(new URL(request.url).searchParams.get('status') === 'succeeded' ? [] : deliveries),
    ),
    http.get(`*/api/v1/webhooks/deliveries/${delivery.id}`, () =>
      HttpResponse.json({
        ...delivery,
        attempt_log: [
          { id: 'a', ...attempt },
          { id: 'b', ...attempt, status_code: null, error: 'ECONNREFUSED', body: null },
        ],
      }),
    ),
    http.post(`*/api/v1/webhooks/deliveries/${delivery.id}/retry`, answers(delivery)),
  );
  return { ...view, asked };
}

describe('the list of webhooks', () => {
  it('shows whether each receives events, and which', async () => {
    renderWebhooks([
      webhook,
      { ...webhook, id: '2', url: 'https://b.example', event_types: ['*'], consecutive_failures: 3 },
      { ...webhook, id: '3', url: 'https://c.example', status: 'disabled', disabled_reason: 'gone' },
    ]);
    expect(await screen.findByRole('row', { name: /hooks.acme.*Enabled.*2 events/ })).toBeVisible();
    expect(screen.getByRole('row', { name: /b\.example.*3 failures in a row.*All events/ })).toBeVisible();
    expect(screen.getByRole('row', { name: /c\.example.*Disabled: answered 410/ })).toBeVisible();
  });

  it('when one is created for chosen events, then its secret is shown once', async () => {
    const { user } = renderWebhooks([]);
    let body: unknown;
    server.use(
      http.post('*/api/v1/webhooks', async ({ request }) => {
        body = await request.json();
        return HttpResponse.json({ ...webhook, secret: 'whsec_1' }, { status: 201 });
      }),
    );
    expect(await screen.findByText('No webhooks yet')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Create webhook' }));
    const form = within(await screen.findByRole('dialog'));
    const submit = () => user.click(form.getByRole('button', { name: 'Create webhook' }));
    await user.type(form.getByLabelText('URL'), 'acme');
    await user.click(form.getByLabelText('All events, including future ones'));
    await submit();
    expect(await form.findByText('Enter the full address, with https://.')).toBeVisible();
    expect(form.getByText('Choose at least one event.')).toBeVisible();
    await user.clear(form.getByLabelText('URL'));
    await user.type(form.getByLabelText('URL'), webhook.url);
    await user.click(form.getByRole('checkbox', { name: /Seat refused/ }));
    await submit();
    expect(await screen.findByDisplayValue('whsec_1')).toBeVisible();
    expect(body).toEqual({ url: webhook.url, description: '', event_types: ['denial.created'] });
  });

  it('when the API refuses the address, then the field shows the reason', async () => {
    const { user } = renderWebhooks([]);
    server.use(
      http.post('*/api/v1/webhooks', () =>
        HttpResponse.json(
          { code: 'validation_failed', errors: [{ path: 'url', message: 'must be public', code: 'invalid' }] },
          { status: 422 },
        ),
      ),
    );
    await user.click(await screen.findByRole('button', { name: 'Create webhook' }));
    const form = within(await screen.findByRole('dialog'));
    await user.type(form.getByLabelText('URL'), 'https://10.0.0.1');
    await user.click(form.getByRole('button', { name: 'Create webhook' }));
    expect(await form.findByText('must be public')).toBeVisible();
  });
});

describe('a webhook', () => {
  it('when it is edited, then the version that was read is sent', async () => {
    const { user, asked } = renderWebhook();
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const form = within(await screen.findByRole('dialog'));
    await user.clear(form.getByLabelText('Description'));
    await user.type(form.getByLabelText('Description'), 'Alarm');
    await user.click(form.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved')).toBeVisible();
    const { url, event_types } = webhook;
    expect(JSON.parse(asked[0]!.body)).toEqual({ url, event_types, description: 'Alarm' });
    expect(asked[0]?.ifMatch).toBe('"v7"');
  });

  it.each([
    ['Disable', 'Disable', 'The webhook is disabled', `POST ${webhook.id}/disable`],
    ['Delete', 'Delete', 'The webhook is deleted', `DELETE ${webhook.id}`],
  ])('when the action is %s, then the page asks for confirmation first', async (item, action, told, path) => {
    const { user, asked } = renderWebhook();
    await user.click(await screen.findByRole('button', { name: 'More actions' }));
    await user.click(await screen.findByRole('menuitem', { name: item }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(asked).toEqual([]);
    await user.click(dialog.getByRole('button', { name: action }));
    expect(await screen.findByText(told)).toBeVisible();
    expect(asked[0]?.path).toBe(path);
  });

  it('when its secret is rotated, then the new one is shown once', async () => {
    const { user } = renderWebhook({ previous_secret_until: '2999-01-01T00:00:00.000Z' });
    expect(await screen.findByText(/^Also signs until/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'More actions' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Rotate secret' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Rotate secret' }));
    expect(await screen.findByDisplayValue('whsec_new')).toBeVisible();
  });

  it('when it is disabled, then it sends nothing, and can be enabled', async () => {
    const { user, asked } = renderWebhook({
      status: 'disabled',
      disabled_reason: 'failing',
      disabled_at: '2026-11-22T09:30:00.000Z',
    });
    expect(await screen.findByText('Disabled: kept failing')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Replay' })).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'More actions' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Enable' }));
    expect(await screen.findByText(/gets events from now on/)).toBeVisible();
    expect(asked[0]?.path).toBe(`POST ${webhook.id}/enable`);
  });

  it('when it is tested, then the response is shown', async () => {
    const { user } = renderWebhook();
    await user.click(await screen.findByRole('button', { name: 'Send test event' }));
    expect(await screen.findByText('oh no')).toBeVisible();
    expect(screen.getByText('500')).toBeVisible();
    expect(screen.getByText('84 ms')).toBeVisible();
  });

  it('lists its deliveries by status; the dialog of one shows its attempts and sends it again', async () => {
    const { user, asked, history } = renderWebhook();
    await user.selectOptions(await screen.findByLabelText('Status'), 'Delivered');
    expect(await screen.findByText('No delivery has this status')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Status'), 'Failed');
    await user.click(await screen.findByRole('link', { name: /license_session\.acquired/ }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(await dialog.findByText('ECONNREFUSED')).toBeVisible();
    expect(dialog.getByText('oh no')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Send again' }));
    expect(await screen.findByText('It is sent again')).toBeVisible();
    expect(asked[0]?.path).toBe(`POST deliveries/${delivery.id}/retry`);
    await user.click(dialog.getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(history.location.search).toBe('?status=failed'));
  });

  it('when the events of a period are replayed, then they are sent again', async () => {
    const { user, asked } = renderWebhook({}, []);
    expect(await screen.findByText('Nothing was sent yet')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Replay' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.clear(dialog.getByLabelText('From'));
    await user.type(dialog.getByLabelText('From'), '2026-11-20T08:00');
    await user.type(dialog.getByLabelText('To'), '2026-11-21T08:00');
    await user.click(dialog.getByRole('button', { name: 'Replay' }));
    expect(await screen.findByText('17 events are sent again')).toBeVisible();
    expect(JSON.parse(asked[0]!.body)).toEqual({
      from: new Date(2026, 10, 20, 8).toISOString(),
      to: new Date(2026, 10, 21, 8).toISOString(),
    });
  });

  it('when it does not exist, then the page says so', async () => {
    renderApp('/developers/webhooks/0195a4c3-91c7-7a3e-b0d4-8e6f5a4c3b99', { permissions });
    expect(await screen.findByText('Could not load: Webhook')).toBeVisible();
  });
});
