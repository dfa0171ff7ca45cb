import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Keys } from '#platform/secrets/keys';
import { ProblemError } from '#platform/problems/problem';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis-connection';
import { currentRequest } from '#platform/request-context';
import { networkOf } from '#platform/access/throttle';
import { FailureCounters } from './failure-counters.js';
import type { FailureRule } from './failure-rule.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Somebody at one address who guesses the password of one account: 5 guesses, then 30 s, 1 min, 2 min … 15 min each. Up to
 * 20 at once, because who starts many clients at once is not guessing; as guesses they are all waited for afterwards.
 */
export const PAIR_RULE: FailureRule = {
  ...{ free: 5, atOnce: 20, waitMs: 30 * SECOND_MS, longestWaitMs: 15 * MINUTE_MS, windowMs: DAY_MS },
};
/**
 * Guesses at one account from everywhere: 50 in an hour, then one a minute. Addresses from which the account was signed in
 * to before do not take part, so that an attack with many addresses slows the attackers and not the owner.
 */
export const ACCOUNT_RULE: FailureRule = {
  ...{ free: 50, atOnce: 50, waitMs: MINUTE_MS, longestWaitMs: MINUTE_MS, windowMs: HOUR_MS },
};
/** One address that tries many accounts: 100 failures in an hour, then one a quarter of an hour. */
export const ADDRESS_RULE: FailureRule = {
  ...{ free: 100, atOnce: 100, waitMs: 15 * MINUTE_MS, longestWaitMs: 15 * MINUTE_MS, windowMs: HOUR_MS },
};
/**
 * Wrong codes of the second factor of one user, from everywhere: six digits are soon guessed by who may try often. Only
 * who knows the password gets so far; the owner's way out is a new password. Signing in and the settings count apart: a
 * stolen access token must not keep its owner from signing in.
 */
export const CODE_RULE: FailureRule = {
  ...{ free: 10, atOnce: 10, waitMs: 30 * SECOND_MS, longestWaitMs: HOUR_MS, windowMs: DAY_MS },
};

/** How long, in ms, an address stays known after a sign-in from it. */
const KNOWN_FOR_MS = 30 * DAY_MS;

/** Where a code is asked for. */
const CODE_USES = ['sign_in', 'settings'] as const;
export type CodeUse = (typeof CODE_USES)[number];

/** What counts as a failed guess. */
const FAILURES: readonly ProblemCode[] = ['invalid_credentials', 'two_factor_invalid'];

/**
 * Slows down guessing, and never locks an account: whoever waits gets another try, and whoever is refused learns nothing,
 * not even whether the e-mail is one of ours (OWASP ASVS 6.1.1 and 6.3.1, NIST SP 800-63B-4, section 3.2.2). Without Redis
 * each process counts for itself.
 */
@Injectable()
export class LoginBackoff {
  private readonly hashKey: Buffer;

  constructor(
    private readonly counters: FailureCounters,
    private readonly redis: RedisConnection,
    keys: Keys,
  ) {
    this.hashKey = keys.deriveKey('login back-off');
  }

  /**
   * An attempt to prove who one is, counted as failed when it throws invalid_credentials or two_factor_invalid.
   * @param email of the account, in lower case, whether there is one or not
   * @throws ProblemError too_many_attempts, before anything is attempted
   */
  async attempt<T>(email: string, work: () => Promise<T>): Promise<T> {
    const keys = this.keysOf(email);
    return this.counted(keys.address, ADDRESS_RULE, () =>
      this.counted(keys.pair, PAIR_RULE, async () =>
        (await this.isKnown(keys.known)) ? work() : this.counted(keys.account, ACCOUNT_RULE, work),
      ),
    );
  }

  /** An attempt with a code of a user's second factor.
   *  @throws ProblemError too_many_attempts */
  async attemptCode<T>(userId: string, use: CodeUse, work: () => Promise<T>): Promise<T> {
    return this.counted(codeKey(userId, use), CODE_RULE, work);
  }

  /** After a sign-in: the failures from this address are forgotten, and it is known from now on. */
  async succeeded(email: string): Promise<void> {
    const { pair, known } = this.keysOf(email);
    await this.counters.clear(pair);
    await this.redis.use(known, (redis) => redis.set(known, 1, 'PX', KNOWN_FOR_MS)).catch(ignoreUnavailable);
  }

  /** After the owner has proved by mail who it is. */
  async unlock({ email, id }: { email: string; id: string }): Promise<void> {
    await Promise.all([
      this.succeeded(email),
      this.counters.clear(this.keysOf(email).account),
      ...CODE_USES.map((use) => this.counters.clear(codeKey(id, use))),
    ]);
  }

  private async counted<T>(key: string, rule: FailureRule, work: () => Promise<T>): Promise<T> {
    const attempt = await this.counters.take(key, rule);
    if (attempt.waitMs > 0) throw tooMany(attempt.waitMs);
    let failed = false;
    try {
      return await work();
    } catch (error) {
      failed = error instanceof ProblemError && FAILURES.includes(error.code);
      throw error;
    } finally {
      await this.counters.settle(key, rule, attempt, failed);
    }
  }

  private async isKnown(key: string): Promise<boolean> {
    try {
      return (await this.redis.use(key, (redis) => redis.exists(key))) === 1;
    } catch (error) {
      ignoreUnavailable(error);
      return false;
    }
  }

  /** Hashed with a secret of the deployment: whoever reads Redis does not read e-mail addresses. */
  private keysOf(email: string) {
    const address = networkOf(currentRequest().ip);
    const hash = (text: string) => createHmac('sha256', this.hashKey).update(text).digest('base64url').slice(0, 22);
    const account = `failures:account:${hash(email)}`;
    return {
      account,
      pair: `${account}:${hash(address)}`,
      known: `known:${hash(email)}:${hash(address)}`,
      address: `failures:address:${hash(address)}`,
    };
  }
}

function codeKey(userId: string, use: CodeUse): string {
  return `failures:code:${use}:${userId}`;
}

function tooMany(waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / SECOND_MS);
  return new ProblemError('too_many_attempts', {
    detail: `Wait ${seconds} seconds, then try again.`,
    headers: { 'retry-after': String(seconds) },
  });
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof RedisUnavailable)) throw error;
}
