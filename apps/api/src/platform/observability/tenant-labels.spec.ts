import { describe, expect, it } from 'vitest';
import { OTHER, TenantLabels } from './tenant-labels.js';

const PERIOD_MS = 600_000;

function given(max: number) {
  const dropped: string[] = [];
  let time = 0;
  const labels = new TenantLabels(
    max,
    (tenantId) => dropped.push(tenantId),
    () => time,
  );
  const requests = (tenantId: string, times: number) => {
    let label = '';
    for (let i = 0; i < times; i += 1) label = labels.label(tenantId, true);
    return label;
  };
  return { labels, dropped, requests, passPeriod: () => (time += PERIOD_MS) };
}

describe('the labels of tenants in metrics', () => {
  it('go to the first tenants, and the rest is "other"', () => {
    const { requests, dropped } = given(2);
    expect([requests('a', 1), requests('b', 1), requests('c', 9), requests('a', 1)]).toEqual(['a', 'b', OTHER, 'a']);
    expect(dropped).toEqual([]);
  });

  it('pass from the quietest tenant to a busier one at the end of a period', () => {
    const { requests, dropped, passPeriod } = given(2);
    requests('quiet', 2);
    requests('busy', 20);
    requests('busier', 30);
    passPeriod();
    expect([requests('busier', 1), requests('busy', 1), requests('quiet', 1)]).toEqual(['busier', 'busy', OTHER]);
    expect(dropped).toEqual(['quiet']);
  });

  it('stay if no tenant without one was busier', () => {
    const { requests, dropped, passPeriod } = given(1);
    requests('mine', 5);
    requests('as busy', 5);
    passPeriod();
    expect(requests('as busy', 1)).toBe(OTHER);
    expect(dropped).toEqual([]);
  });

  it('depend on the last period only', () => {
    const { requests, passPeriod } = given(1);
    requests('once busy', 1000);
    passPeriod();
    requests('once busy', 1);
    requests('busy now', 2);
    passPeriod();
    expect(requests('busy now', 1)).toBe('busy now');
  });

  it('are not given to tenants that an unknown caller invented', () => {
    const { labels, requests } = given(1);
    expect(labels.label('made-up', false)).toBe(OTHER);
    expect(requests('real', 1)).toBe('real');
    expect(labels.label('real', false)).toBe('real');
  });

  it('are not given at all with a maximum of 0', () => {
    expect(given(0).requests('a', 3)).toBe(OTHER);
  });
});
