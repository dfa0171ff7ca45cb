import { userRoles } from '@coditect/contracts/names';
import { useTranslation } from 'react-i18next';
import { oneOf } from '#shell/search-params';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
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
        onChange={({ target }) => change({ role: oneOf(userRoles, target.value) })}
      >
        <option value="">{t('filter.anyRole')}</option>
        {userRoles.map((one) => (
          <option key={one} value={one}>
            {common(`roles.${one}`)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
