import { useTranslation } from 'react-i18next';
import { Badge } from '#ui/badge';
import { stateOf, stateTones } from '#seats/license-state';
import type { License } from '#seats/licenses-queries';

export function LicenseBadge({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const state = stateOf(license);
  return <Badge tone={stateTones[state]}>{t(`state.${state}`)}</Badge>;
}
