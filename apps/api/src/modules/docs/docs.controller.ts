import { Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type ProblemCode, problemCodes } from '@coditect/contracts/problem';
import { z } from 'zod';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { ProblemError } from '#platform/problems/problem';
import { ApiDocument } from './api-document.js';
import { errorList, errorPage, PAGES_STYLE, REFERENCE_SCRIPT, referencePage } from './error-pages.js';

const HTML = 'text/html; charset=utf-8';
const CACHE = 'public, max-age=300';
/** Inline styles are allowed because Swagger UI sets styles from its script. Nothing is loaded from other hosts. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The documentation: the reference at /docs, a page for every error code, and the OpenAPI document itself. */
@ApiExcludeController()
@ApiController()
export class DocsController {
  constructor(private readonly document: ApiDocument) {}

  @Get('openapi.json')
  @Public('documentation', 'unlimited')
  @Header('cache-control', CACHE)
  openapi() {
    return this.document.get();
  }

  @Get('docs')
  @Public('documentation', 'unlimited')
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  @Header('cache-control', CACHE)
  reference(): string {
    return referencePage();
  }

  @Get('docs/reference.js')
  @Public('documentation', 'unlimited')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', CACHE)
  script(): string {
    return REFERENCE_SCRIPT;
  }

  @Get('docs/pages.css')
  @Public('documentation', 'unlimited')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', CACHE)
  style(): string {
    return PAGES_STYLE;
  }

  @Get('docs/errors')
  @Public('documentation', 'unlimited')
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  @Header('cache-control', CACHE)
  errors(): string {
    return errorList();
  }

  @Get('docs/errors/:code')
  @Public('documentation', 'unlimited')
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  error(@Param('code', { schema: z.string().max(64) }) code: string): string {
    if (!isProblemCode(code)) throw new ProblemError('not_found');
    return errorPage(code, this.document.get());
  }
}

function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problemCodes, text);
}
