import { useTranslation } from 'react-i18next';
import { Field } from '#ui/field';
import { Select } from '#ui/input';

interface StatusFilterProps<Status extends string> {
  statuses: readonly Status[];
  /** None: all are shown. */
  value: Status | undefined;
  textOf: (status: Status) => string;
  onChange: (status: Status | undefined) => void;
}

export function StatusFilter<Status extends string>({ statuses, value, textOf, onChange }: StatusFilterProps<Status>) {
  const { t } = useTranslation('developers');
  return (
    <Field label={t('status')}>
      <Select
        value={value ?? ''}
        onChange={({ target }) => onChange(statuses.find((status) => status === target.value))}
      >
        <option value="">{t('anyStatus')}</option>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {textOf(status)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
