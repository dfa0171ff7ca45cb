import { describe, expect, it } from 'vitest';
import { ProblemError } from '#platform/problems/problem';
import { assertAcceptablePassword, passwordFaults } from './password-rules.js';

const ada = { email: 'ada.lovelace+work@example.test', tenant: { name: 'Blue Whale Ltd', slug: 'bluewhale' } };
const faults = (password: string) => passwordFaults(password, ada);

describe('a new password', () => {
  it.each([
    'correct horse battery staple',
    ' a s d f g h j ', // spaces are characters
    'zzqzzqzzqqzqzzq',
    'пароль из шести слов',
    '🐋🐙🦀🦑🐡🐠🐟🐬🦈🐳🦭🐚🪸🐢🦐',
    '740192836501847',
  ])('may be %j: no character is required and none forbidden', (password) => {
    expect(faults(password)).toEqual([]);
  });

  it('has 15 to 1,024 code points, whatever their number of units or bytes', () => {
    expect(faults('q8#fG2!kd0x-Lp')).toEqual(['too_short']);
    expect(faults('🐋🐙🦀🦑🐡🐠🐟🐬🦈🐳🦭🐚🪸🐢')).toEqual(['too_short']);
    expect(faults('🐋🐙🦀🦑'.repeat(256))).toEqual([]);
    expect(faults(`${'🐋🐙🦀🦑'.repeat(256)}.`)).toEqual(['too_long']);
  });

  it('is counted in its stored form, NFKC', () => {
    expect(faults('e\u0301'.repeat(6) + 'aBcDeFgH')).toEqual(['too_short']); // 20 code points typed, 14 stored
    expect(faults('ﬃ-ﬃ_ﬃ.ﬃ')).toEqual([]); // 7 typed, 15 stored
  });

  it.each(['12345678900987654321', '1QAZ2wsx3EDC4rfv', 'ZQJPHSYF6CTIFGU', 'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ'])(
    'is not in the list of breached ones, in any case or width: %s',
    (password) => expect(faults(password)).toEqual(['password_breached']),
  );

  it.each([
    'password1234567',
    'Princess2026!!!',
    'trustno1trustno1',
    'qwertyqwerty999',
    '111111111111111',
    '🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋🐋',
  ])('is not an extended one of that list: %s', (password) => expect(faults(password)).toEqual(['password_breached']));

  it('may begin with a listed word if the rest is longer', () => {
    expect(faults('dragon 40 tin teapots')).toEqual([]);
    expect(faults('dragon8401927364')).toEqual([]);
  });

  it.each(['my name is Ada.Lovelace', 'the Blue Whale Ltd door', 'xx-BLUEWHALE-xx', 'i love CodiTect too'])(
    'does not contain the name of its user or organization: %s',
    (password) => expect(faults(password)).toEqual(['contains_context']),
  );

  it('may contain a very short name', () => {
    expect(
      passwordFaults('an ad in the paper', { email: 'ad@example.test', tenant: { name: 'AB', slug: 'ab' } }),
    ).toEqual([]);
  });

  it('is refused with all faults, by field, and is not repeated in the response', () => {
    const { code, options } = refusalOf('coditect1');
    expect(code).toBe('validation_failed');
    expect(options.errors?.map(({ path, code: fault }) => [path, fault])).toEqual([
      ['new_password', 'too_short'],
      ['new_password', 'contains_context'],
    ]);
    expect(JSON.stringify(options)).not.toContain('coditect1');
  });
});

function refusalOf(password: string): ProblemError {
  try {
    assertAcceptablePassword(password, ada, 'new_password');
  } catch (error) {
    if (error instanceof ProblemError) return error;
  }
  throw new Error('it was not refused');
}
