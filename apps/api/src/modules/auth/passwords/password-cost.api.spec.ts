import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#config/config';
import { TestApp } from '#test/app';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const BY_DEFAULT = { PASSWORD_HASH_MEMORY_KIB: undefined, PASSWORD_HASH_PASSES: undefined };

describe('given no setting for the cost of a hash', () => {
  let api: TestApp;
  beforeAll(async () => {
    api = await TestApp.start(undefined, BY_DEFAULT);
  });
  afterAll(() => api.stop());

  it('when a password is set, then its hash is argon2id of 19 MiB, two passes and one lane, and it signs in', async () => {
    const tenant = await api.factory.tenant();
    const user = await api.factory.user(tenant.id, 'member', { passwordHash: await hashPassword(PASSWORD) });
    const change = { current_password: PASSWORD, new_password: 'nine purple otters' };
    await api.post('auth/password/change', change, user.accessToken).expect(204);
    const { passwordHash } = await api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await api.post('auth/login', { email: user.email, password: change.new_password }).expect(200);
  });
});

describe('the cost of a hash in production', () => {
  const env = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://licenses.example.test',
    DATABASE_URL: 'postgres://a/b',
    SYSTEM_DATABASE_URL: 'postgres://a/b',
    REDIS_URL: 'redis://x',
    AUDIT_ARCHIVE_DIR: '/archive',
  };

  it.each([
    ['less memory', { PASSWORD_HASH_MEMORY_KIB: '19455' }, 'PASSWORD_HASH_MEMORY_KIB must be at least 19456'],
    ['fewer passes', { PASSWORD_HASH_PASSES: '1' }, 'PASSWORD_HASH_PASSES must be at least 2'],
    [
      'less memory with more passes',
      { PASSWORD_HASH_MEMORY_KIB: '8', PASSWORD_HASH_PASSES: '9' },
      'PASSWORD_HASH_MEMORY_KIB must be at least 19456',
    ],
  ])('%s than the default is refused', (_what, less, message) => {
    expect(() => loadConfig({ ...env, ...less })).toThrow(message);
  });

  it('may be higher', () => {
    const more = { PASSWORD_HASH_MEMORY_KIB: '65536', PASSWORD_HASH_PASSES: '3' };
    expect(loadConfig({ ...env, ...more }).passwordCost).toEqual({ memoryKib: 65_536, passes: 3 });
    expect(loadConfig(env).passwordCost).toEqual({ memoryKib: 19_456, passes: 2 });
  });
});
