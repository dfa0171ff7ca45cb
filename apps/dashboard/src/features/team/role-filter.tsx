import { useTranslation } from 'react-i18next';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { type Role, roles } from './team-search.ts';
import { useTeamSearch } from './use-team-search.ts';

/** Filters members and invitations by role. */
export function RoleFilter() {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const [{ role = '' }, change] = useTeamSearch();
  return (
    <Field label={t('filter.role')} hideLabel>
      <Select
        className="w-auto"
        value={role}
        onChange={({ target }) => change({ role: (target.value || undefined) as Role | undefined })}
      >
        <option value="">{t('filter.anyRole')}</option>
        {roles.map((one) => (
          <option key={one} value={one}>
            {common(`roles.${one}`)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
