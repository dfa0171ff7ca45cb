import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

const base = {
  DATABASE_URL: 'postgres://a/b',
  SYSTEM_DATABASE_URL: 'postgres://a/b',
  REDIS_URL: 'redis://x',
  PUBLIC_URL: 'https://licenses.test',
};
const google = {
  id: 'google',
  name: 'Google',
  issuer: 'https://accounts.google.com',
  client_id: 'a-client',
  client_secret: 's3cret',
};
const identityPlatform = { id: 'platform', name: 'Acme', kind: 'identity_platform', project_id: 'acme-sign-in' };
const load = (providers: unknown, env: NodeJS.ProcessEnv = {}) =>
  loadConfig({ ...base, OIDC_PROVIDERS: JSON.stringify(providers), ...env }).signInProviders;

describe('the identity providers', () => {
  it('are none by default', () => {
    expect(loadConfig(base).signInProviders).toEqual({ oidc: [], github: undefined });
  });

  it('let only invited users in, unless configured otherwise', () => {
    expect(load([google]).oidc).toEqual([{ ...google, allow_sign_up: false }]);
  });

  it('can be a project of Google Cloud Identity Platform, whose keys Google publishes', () => {
    expect(load([{ ...google, kind: 'oidc' }, identityPlatform]).oidc).toMatchObject([
      { kind: 'oidc', issuer: google.issuer },
      { ...identityPlatform, jwks_url: expect.stringMatching(/^https:\/\/www\.googleapis\.com\/.*securetoken@/) },
    ]);
  });

  it.each<[string, unknown]>([
    ['OIDC_PROVIDERS.0.kind', [{ ...google, kind: 'saml' }]],
    ['OIDC_PROVIDERS.0.project_id', [{ ...identityPlatform, project_id: undefined }]],
    ['OIDC_PROVIDERS.0.jwks_url: must be https', [{ ...identityPlatform, jwks_url: 'http://keys.test' }]],
    ['OIDC_PROVIDERS.0.allow_sign_up', [{ ...identityPlatform, allow_sign_up: true }]],
    ['OIDC_PROVIDERS.0', [{ ...identityPlatform, client_secret: 's3cret' }]],
    ['OIDC_PROVIDERS.0.id', [{ ...google, id: 'Google!' }]],
    ['OIDC_PROVIDERS.0.id', [{ ...google, id: 'github' }]],
    ['OIDC_PROVIDERS: the ids must differ', [google, google]],
    ['OIDC_PROVIDERS.0.issuer', [{ ...google, issuer: 'accounts.google.com' }]],
    ['OIDC_PROVIDERS.0.client_secret', [{ ...google, client_secret: '' }]],
    ['OIDC_PROVIDERS.0.allow_sign_up', [{ ...google, allow_sign_up: true }]],
    ['OIDC_PROVIDERS.0.allow_sign_up', [{ ...google, allow_sign_up: true, tenant: 'acme' }]],
    ['OIDC_PROVIDERS.0', [{ ...google, tenat: 'acme' }]],
    ['OIDC_PROVIDERS', { google }],
  ])('prevent the start if they are wrong, with an error that names %s and no secret', (named, providers) => {
    expect(() => load(providers)).toThrow(named);
    expect(() => load(providers)).not.toThrow(/s3cret/);
  });

  it('prevent the start if they are not JSON, with an error that does not show them', () => {
    const attempt = () => loadConfig({ ...base, OIDC_PROVIDERS: '[{"client_secret":"s3cret"' });
    expect(attempt).toThrow('OIDC_PROVIDERS: must be JSON');
    expect(attempt).not.toThrow(/s3cret/);
  });

  it('must use TLS, except on this machine outside of production', () => {
    const github = { GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b' };
    expect(() => load([{ ...google, issuer: 'http://issuer.test' }])).toThrow('OIDC_PROVIDERS.0.issuer: must be https');
    expect(() => load([], { ...github, GITHUB_API_URL: 'http://github.test' })).toThrow('GITHUB_API_URL');
    const local = [{ ...google, issuer: 'http://127.0.0.1:8080' }];
    expect(load(local, { NODE_ENV: 'test' }).oidc).toHaveLength(1);
    expect(() => load(local, { NODE_ENV: 'production' })).toThrow('OIDC_PROVIDERS.0.issuer: must be https');
  });

  it('include GitHub or a GitHub Enterprise Server if both its credentials are set', () => {
    expect(() => load([], { GITHUB_CLIENT_ID: 'a' })).toThrow('GITHUB_CLIENT_SECRET');
    const github = { GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b' };
    expect(load([], github).github).toMatchObject({ url: 'https://github.com', apiUrl: 'https://api.github.com' });
    const own = { ...github, GITHUB_URL: 'https://git.acme.test/', GITHUB_API_URL: 'https://git.acme.test/api/v3/' };
    expect(load([], own).github).toMatchObject({
      url: 'https://git.acme.test',
      apiUrl: 'https://git.acme.test/api/v3',
    });
  });
});
