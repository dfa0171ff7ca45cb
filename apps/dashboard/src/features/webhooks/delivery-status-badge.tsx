import { useTranslation } from 'react-i18next';
import { Badge } from '#ui/badge';
import type { DeliveryStatus } from './webhook-search.ts';

const TONES = { pending: 'info', succeeded: 'success', failed: 'danger', skipped: 'neutral' } as const;

export function DeliveryStatusBadge({ status }: { status: DeliveryStatus }) {
  const { t } = useTranslation('developers');
  return <Badge tone={TONES[status]}>{t(`deliveries.status.${status}`)}</Badge>;
}
