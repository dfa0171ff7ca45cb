import type { Statement } from './batch-query.js';
import type { Prisma } from './generated/prisma/client.js';

/** A statement of a batch made of SQL fragments. The same name must always come with the same fragments. */
export function named<Row>(name: string, { text, values }: Prisma.Sql): Statement<Row> {
  return { name, text, values };
}
