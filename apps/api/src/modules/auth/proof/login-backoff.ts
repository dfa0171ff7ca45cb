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
 * One address that guesses the password of one account: 5 guesses, then waits of 30 s, 1 min, 2 min … up to 15 min. Up
 * to 20 attempts may run at once, because starting many clients at once is not guessing. If they fail, each adds to the
 * wait.
 */
export const PAIR_RULE: FailureRule = {
  free: 5,
  atOnce: 20,
  waitMs: 30 * SECOND_MS,
  longestWaitMs: 15 * MINUTE_MS,
  windowMs: DAY_MS,
};
/**
 * Guesses at one account from all addresses: 50 in an hour, then one a minute. Addresses from which the account signed
 * in before are exempt, so that a distributed attack slows the attackers and not the owner.
 */
export const ACCOUNT_RULE: FailureRule = {
  free: 50,
  atOnce: 50,
  waitMs: MINUTE_MS,
  longestWaitMs: MINUTE_MS,
  windowMs: HOUR_MS,
};
/** One address that tries many accounts: 100 failures in an hour, then one every 15 minutes. */
export const ADDRESS_RULE: FailureRule = {
  free: 100,
  atOnce: 100,
  waitMs: 15 * MINUTE_MS,
  longestWaitMs: 15 * MINUTE_MS,
  windowMs: HOUR_MS,
};
/**
 * Wrong codes of the second factor of one user, from all addresses, because six digits are soon guessed without a
 * limit. An attacker gets here only with the password, so the owner can stop it with a new one. Signing in and settings
 * count separately, so that a stolen access token cannot keep its owner from signing in.
 */
export const CODE_RULE: FailureRule = {
  free: 10,
  atOnce: 10,
  waitMs: 30 * SECOND_MS,
  longestWaitMs: HOUR_MS,
  windowMs: DAY_MS,
};

/** How long an address stays known after a sign-in from it, in ms. */
const KNOWN_FOR_MS = 30 * DAY_MS;

/** The places that ask for a code. */
const CODE_USES = ['sign_in', 'settings'] as const;
export type CodeUse = (typeof CODE_USES)[number];

/** The refusals that count as failed guesses. */
const FAILURES: readonly ProblemCode[] = ['invalid_credentials', 'two_factor_invalid'];

/**
 * Slows down guessing, and never locks an account. After the wait the caller can try again. A refusal reveals nothing,
 * not even whether the e-mail is known (OWASP ASVS 6.1.1 and 6.3.1, NIST SP 800-63B-4, section 3.2.2). Without Redis
 * each process counts on its own.
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
   * Runs an attempt to authenticate. It counts as failed if it throws invalid_credentials or two_factor_invalid.
   * @param email of the account, in lower case, known or not
   * @throws ProblemError too_many_attempts, before the attempt
   */
  async attempt<T>(email: string, work: () => Promise<T>): Promise<T> {
    const keys = this.keysOf(email);
    return this.counted(keys.address, ADDRESS_RULE, () =>
      this.counted(keys.pair, PAIR_RULE, async () =>
        (await this.isKnown(keys.known)) ? work() : this.counted(keys.account, ACCOUNT_RULE, work),
      ),
    );
  }

  /** Runs an attempt with a code of a user's second factor.
   *  @throws ProblemError too_many_attempts */
  async attemptCode<T>(userId: string, use: CodeUse, work: () => Promise<T>): Promise<T> {
    return this.counted(codeKey(userId, use), CODE_RULE, work);
  }

  /** Call it after a sign-in. Removes the failures of this address, and remembers the address as known. */
  async succeeded(email: string): Promise<void> {
    const { pair, known } = this.keysOf(email);
    await this.counters.clear(pair);
    await this.redis.use(known, (redis) => redis.set(known, 1, 'PX', KNOWN_FOR_MS)).catch(ignoreUnavailable);
  }

  /** Call it after the owner has authenticated by mail. */
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

  /** Hashed with a secret of the deployment, so that a reader of Redis sees no e-mail addresses. */
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
