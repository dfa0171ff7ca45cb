import { expect, it } from 'vitest';
import { webhookSearch } from '#features/webhooks/webhook-search';
import { developersSearch } from './developers-search.ts';

it('the tabs read the parts of the URL that make sense', () => {
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

it('the page of a webhook reads the parts of the URL that make sense', () => {
  expect(webhookSearch({ status: 'failed', offset: 25, delivery: 'x', tab: 'y' })).toEqual({
    status: 'failed',
    offset: 25,
    delivery: 'x',
  });
});
