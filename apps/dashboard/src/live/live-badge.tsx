import { useTranslation } from 'react-i18next';
import { Badge } from '#ui/badge';
import { REFETCH_MS, useLive } from './live-updates.ts';

/** Shows how fresh the page is. */
export function LiveBadge() {
  const { t } = useTranslation();
  const live = useLive();
  return (
    <Badge tone={live ? 'success' : 'neutral'} role="status">
      <span aria-hidden className={live ? 'size-1.5 rounded-full bg-success' : 'size-1.5 rounded-full bg-warning'} />
      {live ? t('live.on') : t('live.off', { seconds: REFETCH_MS / 1000 })}
    </Badge>
  );
}
