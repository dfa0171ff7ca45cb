import { useTranslation } from 'react-i18next';
import { Field } from './field.tsx';
import { Select } from './input.tsx';

interface StatusFilterProps<Status extends string> {
  statuses: readonly Status[];
  /** Undefined shows all. */
  value: Status | undefined;
  textOf: (status: Status) => string;
  onChange: (status: Status | undefined) => void;
}

export function StatusFilter<Status extends string>({ statuses, value, textOf, onChange }: StatusFilterProps<Status>) {
  const { t } = useTranslation();
  return (
    <Field label={t('statusFilter.label')}>
      <Select
        value={value ?? ''}
        onChange={({ target }) => onChange(statuses.find((status) => status === target.value))}
      >
        <option value="">{t('statusFilter.any')}</option>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {textOf(status)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
