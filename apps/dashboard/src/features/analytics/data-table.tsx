import type { ReactNode } from 'react';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import type { Column } from './column.ts';

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** Shown below the first cell of a row, for example a bar. */
  extra?: (row: Row) => ReactNode;
}

/** The data of a chart as a table. */
export function DataTable<Row>({ label, columns, rows, extra }: DataTableProps<Row>) {
  return (
    <div className="-mx-5 max-h-96 overflow-y-auto">
      <Table label={label}>
        <TableHead>
          {columns.map((column) => (
            <Th key={column.id} className={column.numeric ? 'text-right' : undefined}>
              {column.label}
            </Th>
          ))}
        </TableHead>
        <tbody>
          {rows.map((row, i) => (
            <Tr key={i}>
              {columns.map(({ id, value, text, numeric }, place) => (
                <Td key={id} className={numeric ? 'text-right tabular-nums' : undefined}>
                  {text ? text(row) : value(row)}
                  {place === 0 ? extra?.(row) : null}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
