import { Get, Header, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { escapeHtml } from './html.js';
import { ProblemError } from '#platform/problems/problem';
import { type FiledMail, MailFiles } from './mail-files.js';

const SHOWN = 50;
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Only these host names are served. A web page could point its own host name at this machine (DNS rebinding) and read
 *  the mails. */
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Shows the mails of development, only to browsers on this machine, because links in mails sign in. */
@ApiExcludeController()
@ApiController('dev/mail')
export class MailPageController {
  constructor(private readonly files: MailFiles) {}

  @Get()
  @Public('development on this machine only', 'unlimited')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('referrer-policy', 'no-referrer')
  async list(@Req() { socket, headers }: FastifyRequest): Promise<string> {
    if (!isThisMachine(socket.remoteAddress) || !OWN_HOST.test(headers.host ?? '')) throw new ProblemError('not_found');
    return page(await this.files.newest(SHOWN));
  }
}

function isThisMachine(address = ''): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

function page(mails: FiledMail[]): string {
  const articles = mails.map(
    ({ to, subject, text, date }) => `<article><h2>${escapeHtml(subject)}</h2>
<p class="status">To ${escapeHtml(to)}, ${escapeHtml(date)}</p>
${text
  .split('\n\n')
  .map((paragraph) => `<p>${linked(paragraph)}</p>`)
  .join('\n')}</article><hr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails – CODITECT License API</title><link rel="stylesheet" href="/docs/pages.css"></head>
<body><main><h1>Mails</h1><p>Not sent, because <code>SMTP_URL</code> is not set. The newest ${SHOWN}, the last one first.</p>
${articles.join('\n') || '<p>None yet.</p>'}</main></body></html>`;
}

/** Escapes text for HTML and makes links of its web addresses. */
function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) => (i % 2 === 1 ? `<a href="${escapeHtml(part)}">${escapeHtml(part)}</a>` : escapeHtml(part)))
    .join('');
}
