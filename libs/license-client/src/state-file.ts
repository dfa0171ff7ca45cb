import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SeatRequest } from './acquire-seat.js';
import type { StoredTokens } from './credentials.js';
import type { TrustAnchor } from './license-trust.js';
import { isErrno, withLock } from './lock-file.js';
import { isRecord } from './refusal.js';
import type { AcquireResponse } from './wire.js';

/** A seat that one command keeps for the next. */
export interface StoredSeat {
  grant: AcquireResponse;
  request: SeatRequest;
  /** Process ids of the commands that keep the seat alive. The last one to end gives it back. */
  holders: number[];
}

/** The state that is kept for one server. */
export interface ServerState {
  login?: StoredTokens & { email: string };
  trust?: TrustAnchor;
  seat?: StoredSeat;
}

interface State {
  version: 1;
  /** The states by base URL, because a refresh token must never be sent to another server than its own. */
  servers: Record<string, ServerState>;
}

/**
 * The command line's state for one server, in a file that all servers share (0600, in a directory created with 0700).
 * The file is written whole and renamed into place. Changes are made under a lock.
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

  /** Changes the state. Other processes wait meanwhile. */
  async update(change: (state: ServerState) => ServerState): Promise<ServerState> {
    return await this.exclusively(() => this.write(change));
  }

  /** Runs `work` while no other process changes the file. `work` may call `write`, but not `update`. */
  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    return await withLock(`${this.file}.lock`, work);
  }

  /**
   * Runs `work`, which takes or gives back a seat, while no other process does the same. So a command that ends cannot
   * give back a seat that another one has just joined. `work` may call `update`.
   */
  async seatTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    return await withLock(`${this.file}.seat-lock`, work);
  }

  /** Call only within `exclusively`. */
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
  if (!isState(state)) throw new Error(`${file} was written by another version: delete it and sign in again`);
  return state;
}

/** Only this program writes the file, so the version is enough to know its form. */
function isState(value: unknown): value is State {
  return isRecord(value) && value['version'] === 1 && isRecord(value['servers']);
}
