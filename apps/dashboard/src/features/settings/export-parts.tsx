import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { Badge, type Tone } from '#ui/badge';
import { Button } from '#ui/button';
import { toast } from '#ui/toast';
import { useDownloadExport } from './settings-changes.ts';
import type { DataExport } from './settings-queries.ts';

const TONES = {
  pending: 'info',
  running: 'info',
  ready: 'success',
  failed: 'danger',
  expired: 'neutral',
} as const satisfies Record<DataExport['status'], Tone>;

export function ExportStatusBadge({ status }: Pick<DataExport, 'status'>) {
  const { t } = useTranslation('settings');
  return <Badge tone={TONES[status]}>{t(`exports.status.${status}`)}</Badge>;
}

export function DownloadButton({ of, primary }: { of: DataExport; primary?: boolean }) {
  const { t } = useTranslation('settings');
  const problemText = useProblemText();
  const download = useDownloadExport();
  const start = () =>
    download.mutateAsync(of).catch((error: unknown) => toast({ text: problemText(error), tone: 'danger' }));
  return (
    <Button
      variant={primary ? 'primary' : 'outline'}
      size={primary ? 'md' : 'sm'}
      busy={download.isPending}
      onClick={() => void start()}
    >
      {download.isPending ? null : <Download aria-hidden />}
      {t('exports.download')}
    </Button>
  );
}
