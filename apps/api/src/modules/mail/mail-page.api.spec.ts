import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRODUCTION, startStack, TestApp, type TestStack } from '#test/app';
import { loadConfig } from '#config/config';
import { routesOf } from '#platform/http/routes';
import { MailFiles } from './mail-files.js';

let stack: TestStack;
let api: TestApp;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack, { MAIL_PAGE: 'true' });
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

const mail = (n: number) => ({
  to: `ada${n}@example.test`,
  subject: `Join <b>Acme</b> ${n}`,
  text: `Hello "Ada" & all.\n\nhttps://app.example.test/join?a=1&b=2#token=${n}\n\njavascript:alert(1) <script>`,
  date: '2026-11-22T09:30:00.000Z',
});
const page = (host = 'localhost:3000') => api.http().get('/dev/mail').set('host', host);

describe('the page of mails of development', () => {
  it('says that there are no mails before the first one', async () => {
    expect((await page().expect(200)).text).toContain('None yet.');
  });

  it('shows the newest 50 with links, and escapes markup in them', async () => {
    const files = new MailFiles(api.config);
    for (let n = 10; n < 65; n += 1) await files.write(`0000-${n}`, Buffer.from('Subject: x'), mail(n));
    await mkdir(api.config.mail.dir, { recursive: true });
    await writeFile(path.join(api.config.mail.dir, '0000-99.json'), '{"half": ');
    const { text, headers } = await page('127.0.0.1').expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const receivers = [...text.matchAll(/To ada(\d+)@/g)].map(([, n]) => Number(n));
    expect(receivers).toEqual(Array.from({ length: 49 }, (_, i) => 64 - i));
    expect(text).toContain('Join &lt;b&gt;Acme&lt;/b&gt; 64');
    expect(text).toContain('<a href="https://app.example.test/join?a=1&amp;b=2#token=64">');
    expect(text).not.toMatch(/<script|<b>|href="javascript/);
  });

  it('is served only to this machine, by its own host names', async () => {
    await page('evil.example').expect(404);
    await page('localhost.evil.example').expect(404);
    expect((await api.http().get('/api/v1/openapi.json')).text).not.toContain('dev/mail');
  });

  it('exists in local development or if a test enables it, but never in production or if mails are sent', async () => {
    const config = (env: NodeJS.ProcessEnv) => loadConfig({ ...stack.env, ...env }).mail.page;
    const development = { NODE_ENV: 'development', PUBLIC_URL: 'http://localhost:3000' };
    expect(config(development)).toBe(true);
    expect(config({ ...development, MAIL_PAGE: 'false' })).toBe(false);
    expect(config({ ...development, PUBLIC_URL: 'https://licenses.example.com' })).toBe(false);
    expect(config({ ...development, SMTP_URL: 'smtp://localhost', MAIL_PAGE: 'true' })).toBe(false);
    expect(config({ ...development, ...PRODUCTION, MAIL_PAGE: 'true' })).toBe(false);
    expect(config({})).toBe(false);
    const other = await TestApp.start(stack);
    expect(routesOf(other.app).map((route) => route.path)).not.toContain('dev/mail');
    await other.http().get('/dev/mail').set('host', 'localhost').expect(404);
    await other.stop();
  });
});
