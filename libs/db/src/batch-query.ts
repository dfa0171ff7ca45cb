import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import {
  Result,
  type CustomTypesConfig,
  type FieldDef,
  type QueryResult,
  type QueryResultBase,
  type Submittable,
} from 'pg';

// The mapping pg itself applies to query values, in a module that its types do not know.
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
  prepareValue: (value: unknown) => unknown;
};

/**
 * One statement of a batch. A `name` lets the server keep its plan; the same name must always carry the same text.
 * `Row` is what its author says about the rows: TypeScript does not read SQL.
 */
export interface Statement<Row = unknown> {
  text: string;
  values?: readonly unknown[];
  name?: string;
  rowMode?: 'array';
  types?: CustomTypesConfig;
  /** Never set: it carries `Row` from the statement to its result. */
  readonly rowType?: Row;
}

/** A statement written as a literal, with the type of its rows. */
export function statement<Row>(literal: Omit<Statement, 'rowType'>): Statement<Row> {
  return literal;
}

/** The result of one statement. */
export interface Rows<Row> extends QueryResultBase {
  rows: Row[];
}

/** The results of a batch, in the order of its statements. */
export type BatchResults<Statements extends readonly Statement[]> = {
  -readonly [I in keyof Statements]: Statements[I] extends Statement<infer Row> ? Rows<Row> : never;
};

// The parts of pg's connection and result that its types leave out. pg is pinned to one version because of them.
interface Wire extends EventEmitter {
  stream: Duplex;
  parsedStatements: Record<string, string>;
  parse(statement: { text: string; name: string }): void;
  bind(portal: { statement: string; values: unknown[] }): void;
  describe(what: { type: 'P'; name: string }): void;
  execute(portal: { portal: string; rows: number }): void;
  sync(): void;
}
interface WireResult extends QueryResult {
  addFields(fields: FieldDef[]): void;
  parseRow(fields: unknown): Record<string, unknown>;
  addRow(row: Record<string, unknown>): void;
  addCommandComplete(message: unknown): void;
}
const newResult = ({ rowMode, types }: Statement): WireResult =>
  Reflect.construct(Result, [rowMode, types]) as WireResult;

/**
 * Several statements in one round trip: every Parse/Bind/Execute is written before one single Sync, which makes them one
 * implicit transaction. It commits at the Sync, and `callback` is called only after the server has said so; any error rolls
 * all of them back, and `callback` waits for that as well: the connection is then ready for the next batch, or gone. No
 * statement sees another one's result except through the database.
 * (PostgreSQL documentation, "Message Flow: Extended Query, Pipelining".)
 */
export class BatchQuery implements Submittable {
  private readonly results: WireResult[];
  private readonly values: unknown[][];
  private at = 0;
  private failure: Error | undefined;
  /** A statement this batch was the first to name on its connection; after an error the connection's view of it is unknown. */
  preparedNewStatement = false;

  constructor(
    private readonly statements: readonly Statement[],
    /** Named and replaceable as pg wants it: with a `query_timeout` pg puts its own in front, to stop its timer. */
    public callback: (error: Error | undefined, results: QueryResult[]) => void,
  ) {
    this.results = statements.map(newResult);
    // Mapped before anything is sent: a value that cannot be mapped must not leave half a batch on the wire.
    this.values = statements.map(({ values = [] }) => values.map((value) => prepareValue(value)));
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    wire.stream.cork();
    try {
      this.statements.forEach(({ text, name = '' }, i) => {
        if (name === '' || wire.parsedStatements[name] === undefined) {
          wire.parse({ text, name });
          if (name !== '') {
            wire.parsedStatements[name] = text;
            this.preparedNewStatement = true;
          }
        }
        wire.bind({ statement: name, values: this.values[i]! });
        wire.describe({ type: 'P', name: '' });
        wire.execute({ portal: '', rows: 0 });
      });
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.results[this.at]?.addFields(message.fields);
  }

  handleDataRow(message: { fields: unknown }): void {
    const result = this.results[this.at];
    if (!result || this.failure) return;
    try {
      result.addRow(result.parseRow(message.fields));
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete(message: unknown): void {
    this.results[this.at]?.addCommandComplete(message);
    this.at += 1;
  }

  handleEmptyQuery(): void {
    this.at += 1;
  }

  handleError(error: Error, connection: Wire): void {
    // The server tells an error at once, and only after the Sync that it has rolled back. A fatal error has no such end.
    if (connection.stream.destroyed) return this.callback(error, []);
    const over = () => {
      connection.off('readyForQuery', over).off('end', over);
      this.callback(error, []);
    };
    connection.once('readyForQuery', over).once('end', over);
  }

  handleReadyForQuery(): void {
    this.callback(this.failure, this.failure ? [] : this.results);
  }

  handlePortalSuspended(): void {}
  handleCopyInResponse(connection: Wire): void {
    // The server is reading our Sync as a part of the copied data, so it would never answer again.
    connection.stream.destroy(new Error('COPY FROM STDIN is not supported in a batch'));
  }
  handleCopyData(): void {}
}
