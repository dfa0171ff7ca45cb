import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SeatRequest } from './acquire-seat.js';
import type { StoredTokens } from './credentials.js';
import type { TrustAnchor } from './license-trust.js';
import { isErrno, withLock } from './lock-file.js';
import { isRecord } from './refusal.js';
import type { AcquireResponse } from './wire.js';

/** A seat as one command leaves it to the next. */
export interface StoredSeat {
  grant: AcquireResponse;
  request: SeatRequest;
  /** Process ids of the commands that keep it alive; the last one to end gives it back. */
  holders: number[];
}

/** What is kept of one server. */
export interface ServerState {
  login?: StoredTokens & { email: string };
  trust?: TrustAnchor;
  seat?: StoredSeat;
}

interface State {
  version: 1;
  /** By base URL: a refresh token must never be sent to another server than the one it is from. */
  servers: Record<string, ServerState>;
}

/**
 * The command line's memory of one server, in a file that all servers share (0600, in a directory made with 0700).
 * Written whole and renamed into place; changed under a lock.
 */
export class StateFile {
  constructor(
    private readonly file: string,
    private readonly server: string,
  ) {}

  /** @throws {Error} naming the file if it cannot be read or is damaged */
  async read(): Promise<ServerState> {
    return (await this.#readAll()).servers[this.server] ?? {};
  }

  /** Changes what is kept; no other process does meanwhile. */
  async update(change: (state: ServerState) => ServerState): Promise<ServerState> {
    return await this.exclusively(() => this.write(change));
  }

  /** Runs `work`, which may call `write`, but not `update`, while no other process changes the file. */
  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    return await withLock(`${this.file}.lock`, work);
  }

  /**
   * Runs `work`, which takes or gives back a seat and may call `update`, while no other process does such a thing: a
   * command that ends must not give back the seat that another has just joined.
   */
  async seatTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    return await withLock(`${this.file}.seat-lock`, work);
  }

  /** Only within `exclusively`. */
  async write(change: (state: ServerState) => ServerState): Promise<ServerState> {
    const state = await this.#readAll();
    const changed = change(state.servers[this.server] ?? {});
    const servers = { ...state.servers, [this.server]: changed };
    const draft = `${this.file}.${randomUUID()}`;
    try {
      await writeFile(draft, `${JSON.stringify({ ...state, servers }, undefined, 2)}\n`, { mode: 0o600, flush: true });
      await rename(draft, this.file);
    } finally {
      await rm(draft, { force: true });
    }
    return changed;
  }

  async #readAll(): Promise<State> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return { version: 1, servers: {} };
      throw error;
    }
    return parseState(text, this.file);
  }
}

function parseState(text: string, file: string): State {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is damaged: delete it and sign in again`, { cause });
  }
  if (!isState(state)) throw new Error(`${file} is not of this version: delete it and sign in again`);
  return state;
}

/** Only this program writes the file, so its version tells its form. */
function isState(value: unknown): value is State {
  return isRecord(value) && value['version'] === 1 && isRecord(value['servers']);
}
