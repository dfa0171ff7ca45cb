import { expect, it } from 'vitest';
import { webhookSearch } from '#features/webhooks/webhook-search';
import { developersSearch } from './developers-search.ts';

it('the tabs keep valid search parameters, and leave out the others', () => {
  const given = {
    tab: 'events',
    scope: 'own',
    status: 'gone',
    after: 7,
    type: 'denial.created',
    search: 1,
    offset: -1,
  };
  expect(developersSearch(given)).toEqual({ tab: 'events', after: 7, type: 'denial.created', search: '1' });
});

it('the page of a webhook keeps valid search parameters, and leaves out the others', () => {
  expect(webhookSearch({ status: 'failed', offset: 25, delivery: 'x', tab: 'y' })).toEqual({
    status: 'failed',
    offset: 25,
    delivery: 'x',
  });
});
