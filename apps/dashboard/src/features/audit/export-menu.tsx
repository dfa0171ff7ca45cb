import { exportFormats } from '@coditect/contracts/names';
import { ChevronDown, Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { Button } from '#ui/button';
import { Menu, MenuItem, MenuLabel } from '#ui/menu';
import { toast } from '#ui/toast';
import { downloadAuditLogs, type ExportFormat } from './audit-export.ts';
import type { AuditSearch } from './audit-search.ts';

const KILOBYTE = 1000;

/** Exports the filtered entries, and shows how much has arrived. */
export function ExportMenu({ search, filtered }: { search: AuditSearch; filtered: boolean }) {
  const { t } = useTranslation('audit');
  const { t: common } = useTranslation();
  const size = useSize();
  const problemText = useProblemText();
  const [bytes, setBytes] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (format: ExportFormat) => {
    const controller = new AbortController();
    running.current = controller;
    let total = 0;
    setBytes(0);
    try {
      const onBytes = (now: number) => {
        total = now;
        setBytes(now);
      };
      await downloadAuditLogs(format, search, { onBytes, signal: controller.signal });
      toast({ text: t('export.done', { size: size(total) }) });
    } catch (error) {
      if (!controller.signal.aborted) toast({ text: problemText(error), tone: 'danger' });
    } finally {
      setBytes(undefined);
    }
  };
  if (bytes !== undefined)
    return (
      <>
        <span role="status" className="text-sm text-muted-foreground tabular-nums">
          {t('export.running', { size: size(bytes) })}
        </span>
        <Button variant="outline" onClick={() => running.current?.abort()}>
          {common('cancel')}
        </Button>
      </>
    );
  return (
    <Menu
      trigger={
        <Button variant="outline">
          <Download aria-hidden />
          {common('export')}
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      <MenuLabel>{t(filtered ? 'export.filtered' : 'export.all')}</MenuLabel>
      {exportFormats.map((format) => (
        <MenuItem key={format} onSelect={() => void start(format)}>
          <span className="grid py-1">
            {t(`export.${format}`)}
            <span className="text-xs text-muted-foreground">{t(`export.${format}Hint`)}</span>
          </span>
        </MenuItem>
      ))}
    </Menu>
  );
}

function useSize(): (bytes: number) => string {
  const { number } = useFormat();
  return (bytes) =>
    bytes < KILOBYTE ** 2
      ? `${number(Math.round(bytes / KILOBYTE))} kB`
      : `${number(Math.round(bytes / KILOBYTE ** 2))} MB`;
}
