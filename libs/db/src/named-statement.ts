import type { Statement } from './batch-query.js';
import type { Prisma } from './generated/prisma/client.js';

/** A statement of a batch made of SQL fragments, with the type of its rows. The same name must always have the same
 *  fragments. */
export function named<Row>(name: string, { text, values }: Prisma.Sql): Statement<Row> {
  return { name, text, values };
}
