import { Body, Get, Header, Param, Post, Query, Req, Res } from '@nestjs/common';
import { TokenResponse } from '@coditect/contracts/auth';
import {
  ProviderId,
  SignInByTokenRequest,
  type SignInProvider as ProviderMessage,
  SignInProviderPage,
  SignInProviderQuery,
  StartSignInQuery,
} from '@coditect/contracts/oauth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { RefreshCookie } from '#modules/auth/logins/refresh-cookie';
import { IdTokenSignIn } from './id-token-sign-in.js';
import { IdentityPlatformProvider } from './providers/identity-platform-provider.js';
import { OAuthChecksCookie } from './oauth-checks-cookie.js';
import { OAuthProviders } from './providers/oauth-providers.js';
import { OAuthService } from './oauth.service.js';
import { failurePage, SIGN_IN_PAGE, SignInRedirect } from './sign-in-redirect.js';
import type { SignInProvider } from './providers/sign-in-provider.js';

/** The refusals for an identity from a provider. */
const ACCOUNT_PROBLEMS = [
  'no_account',
  'email_unverified',
  'tenant_required',
  'two_factor_required',
  'user_disabled',
  'tenant_suspended',
  'tenant_closed',
  'quota_exceeded',
  'email_taken',
  'identity_taken',
] as const;

/** Sign-in at other providers. Browsers navigate to `start` and `callback`; clients call the other routes. */
@ApiController('auth')
export class OAuthController {
  constructor(
    private readonly oauth: OAuthService,
    private readonly tokens: IdTokenSignIn,
    private readonly providers: OAuthProviders,
    private readonly cookie: OAuthChecksCookie,
    private readonly refreshCookie: RefreshCookie,
    private readonly redirect: SignInRedirect,
  ) {}

  @Get('providers')
  @Public('the sign-in page shows them')
  @Operation({ summary: 'List the sign-in providers', response: SignInProviderPage })
  async list(@Query({ schema: SignInProviderQuery }) query: SignInProviderQuery, @Req() request: FastifyRequest) {
    const all = this.providers.of(await this.providers.tenantOf(query.tenant));
    const rows = all.slice(query.offset, query.offset + query.limit);
    return page({ count: all.length, rows }, query, request.url, presentProvider);
  }

  @Get('oauth/:provider/start')
  @Public('signing in')
  @Operation({
    summary: 'Sign in at a provider: send the browser here',
    description: 'Redirects to the provider with PKCE. A cookie ties the browser to this sign-in for ten minutes.',
    status: 302,
    problems: ['provider_not_found', 'temporarily_unavailable'],
  })
  async start(
    @Param('provider', { schema: ProviderId }) provider: string,
    @Query({ schema: StartSignInQuery }) query: StartSignInQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.redirect.answer(request, reply, SIGN_IN_PAGE, async () => {
      const { url, checks } = await this.oauth.startSignIn(provider, query);
      this.cookie.set(reply, checks);
      return url;
    });
  }

  @Get('oauth/:provider/callback')
  @Public('the cookie and the code of the provider are the credentials')
  @Operation({
    summary: 'Receive the browser back from a provider',
    description:
      'Signs in, sets the refresh cookie and redirects to the dashboard; or links the identity. On a refusal, a browser is ' +
      'redirected too, with the problem code as `error`; a client that does not accept HTML gets the problem itself.',
    status: 302,
    problems: ['provider_not_found', 'oauth_failed', ...ACCOUNT_PROBLEMS, 'invalid_token', 'temporarily_unavailable'],
  })
  async callback(
    @Param('provider', { schema: ProviderId }) provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const checks = this.cookie.take(request, reply);
    await this.redirect.answer(request, reply, failurePage(checks), async () => {
      const query = request.url.split('?').slice(1).join('?');
      const tokens = await this.oauth.comeBack(provider, query, checks);
      if (tokens) this.refreshCookie.deliver(reply, tokens, 'cookie');
      return this.redirect.page(checks?.returnTo ?? '/');
    });
  }

  @Post('oauth/:provider/token')
  @Public('the ID token is the credential')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Sign in with an ID token of Google Cloud Identity Platform',
    description:
      'For providers of kind `identity_platform`, whose SDK in the browser holds the token. The person must have signed in ' +
      'there within the last five minutes. A token works once, even if it is refused for the account: get a new one. ' +
      'With `token_delivery: "cookie"`, for browsers, the refresh token goes into an httpOnly cookie instead of the body.',
    response: TokenResponse,
    problems: [
      'provider_not_found',
      'oauth_failed',
      ...ACCOUNT_PROBLEMS,
      'cross_site_request',
      'temporarily_unavailable',
    ],
  })
  async token(
    @Param('provider', { schema: ProviderId }) provider: string,
    @Body({ schema: SignInByTokenRequest }) body: SignInByTokenRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (body.token_delivery === 'cookie') this.refreshCookie.requireOwnPage(request);
    return this.refreshCookie.deliver(reply, await this.tokens.signIn(provider, body), body.token_delivery);
  }
}

function presentProvider(provider: SignInProvider): ProviderMessage {
  const { id, name, kind } = provider;
  return provider instanceof IdentityPlatformProvider
    ? { id, name, kind, project_id: provider.projectId }
    : { id, name, kind };
}
