import type { TestApp } from './app.js';

/** Returns the tables with the text in any column of any row, in any case. */
export async function tablesWith(api: TestApp, text: string): Promise<string[]> {
  const { rows: tables } = await api.db.systemQuery<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await api.db.systemQuery(
      `SELECT FROM ${name} t WHERE position(lower($1) IN lower(to_jsonb(t)::text)) > 0 LIMIT 1`,
      [text],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}
