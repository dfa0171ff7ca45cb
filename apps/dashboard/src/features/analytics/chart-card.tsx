import { Download, FileSpreadsheet, Image as Picture, Table2 } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { download } from '#ui/download';
import { Menu, MenuItem } from '#ui/menu';
import { toast } from '#ui/toast';
import type { Column } from './column.ts';
import { DataTable } from './data-table.tsx';
import { type LegendEntry, pngOf, type Scale } from './png.ts';

interface ChartCardProps<Row> {
  title: string;
  hint?: ReactNode;
  /** Name of the exported files, without extension. */
  file: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  legend?: readonly LegendEntry[];
  /** Drawn by the chart itself, and in its PNG. */
  scale?: Scale;
  /** Further actions or choices. */
  actions?: ReactNode;
  /** Shown below chart and table. */
  note?: ReactNode;
  /** The chart; without one only the table is shown. */
  children?: ReactNode;
  extra?: (row: Row) => ReactNode;
}

/** A chart with its legend, the same data as a table, and both as downloads. */
export function ChartCard<Row>(props: ChartCardProps<Row>) {
  const { title, hint, file, columns, rows, legend = [], scale, actions, note, children, extra } = props;
  const { t } = useTranslation('analytics');
  const { t: common } = useTranslation();
  const chart = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const isTable = asTable || !children;

  const csv = async () => {
    const { csvFile } = await import('#ui/csv');
    return csvFile(
      columns.map(({ id }) => id),
      rows.map((row) => columns.map(({ value }) => value(row))),
    );
  };
  const png = () => {
    const svg = chart.current!.querySelector('svg')!;
    return pngOf(svg, title, scale ? [...legend, scale] : legend);
  };
  const save = async (content: () => Promise<Blob>, ending: string) => {
    try {
      download(await content(), `${file}.${ending}`);
    } catch {
      toast({ text: t('chart.failed'), tone: 'danger' });
    }
  };
  const trigger = (
    <Button variant="outline" size="sm" aria-label={t('chart.exportOf', { title })}>
      <Download aria-hidden />
      {common('export')}
    </Button>
  );
  return (
    <Card>
      <CardHeader
        title={title}
        hint={hint}
        actions={
          <>
            {actions}
            {children ? (
              <Button
                variant={asTable ? 'primary' : 'outline'}
                size="sm"
                aria-pressed={asTable}
                onClick={() => setAsTable(!asTable)}
              >
                <Table2 aria-hidden />
                {t('chart.asTable')}
              </Button>
            ) : null}
            <Menu trigger={trigger}>
              <MenuItem onSelect={() => void save(csv, 'csv')}>
                <FileSpreadsheet aria-hidden />
                {t('chart.csv')}
              </MenuItem>
              {isTable ? null : (
                <MenuItem onSelect={() => void save(png, 'png')}>
                  <Picture aria-hidden />
                  {t('chart.png')}
                </MenuItem>
              )}
            </Menu>
          </>
        }
      />
      {isTable ? (
        <DataTable label={t('chart.table', { title })} columns={columns} rows={rows} extra={extra} />
      ) : (
        <>
          <Legend entries={legend} />
          <div ref={chart}>{children}</div>
        </>
      )}
      {note ? <div className="mt-3 text-xs text-muted-foreground">{note}</div> : null}
    </Card>
  );
}

const Legend = ({ entries }: { entries: readonly LegendEntry[] }) =>
  entries.length > 0 ? (
    <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted-foreground">
      {entries.map(({ label, color, opacity }) => (
        <li key={label} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 rounded-xs" style={{ background: color, opacity }} />
          {label}
        </li>
      ))}
    </ul>
  ) : null;
