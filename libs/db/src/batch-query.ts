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

// The value mapping that pg itself applies. Its module is not part of pg's types.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg is pinned to the version that has it
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
  prepareValue: (value: unknown) => unknown;
};

/**
 * One statement of a batch. With a `name` the server keeps its plan. The same name must always have the same text.
 * The author of the statement states the type `Row`: TypeScript does not read SQL.
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

// Parts of pg's connection and result that its types leave out. pg is pinned to one version because of them (decision
// record 0016).
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what pg's types leave out, see above
  Reflect.construct(Result, [rowMode, types]) as WireResult;

/**
 * Runs several statements in one round trip. It writes every Parse/Bind/Execute before one single Sync, so they form one
 * implicit transaction that commits at the Sync. `callback` is called only after the server has confirmed the commit. Any
 * error rolls all statements back, and `callback` waits for the rollback too: then the connection is ready for the next
 * batch, or gone. A statement sees the results of an earlier one only through the database.
 * (PostgreSQL documentation, "Message Flow: Extended Query, Pipelining"; decision record 0016.)
 */
export class BatchQuery implements Submittable {
  private readonly results: WireResult[];
  private readonly values: unknown[][];
  private at = 0;
  private failure: Error | undefined;
  /** Whether this batch was the first to use a statement name on its connection. After an error in such a batch, pg does
   *  not know which names the server has. */
  preparedNewStatement = false;

  constructor(
    private readonly statements: readonly Statement[],
    /** Public and replaceable because pg needs it so: with a `query_timeout`, pg wraps it to stop its timer. */
    public callback: (error: Error | undefined, results: QueryResult[]) => void,
  ) {
    this.results = statements.map(newResult);
    // All values are mapped before anything is sent: one that cannot be mapped must not leave half a batch on the wire.
    this.values = statements.map(({ values = [] }) => values.map((value) => prepareValue(value)));
  }

  submit(connection: unknown): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what pg's types leave out, see above
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
    // The server reports an error at once, but the rollback only after the Sync. A fatal error ends the connection instead.
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
    // The server reads our Sync as part of the copied data, so it would never answer.
    connection.stream.destroy(new Error('COPY FROM STDIN is not supported in a batch'));
  }
  handleCopyData(): void {}
}
