import { useTranslation } from 'react-i18next';
import { stateOf, stateTones } from '#seats/license-state';
import type { License } from '#seats/licenses-queries';
import { Badge } from '#ui/badge';

export function LicenseBadge({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const state = stateOf(license);
  return <Badge tone={stateTones[state]}>{t(`state.${state}`)}</Badge>;
}
