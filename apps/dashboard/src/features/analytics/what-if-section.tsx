import { MAX_WHAT_IF_DAYS, MAX_WHAT_IF_SEATS } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { type ComponentProps, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { whatIfQuery } from './analytics-queries.ts';
import { useAnalyticsSearch, usePeriod } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { Figures } from './figures.tsx';
import { DAY_MS, lastDays } from './period.ts';
import { timeFormat } from './time-format.ts';

/** Wait after the last movement of the slider. */
const SETTLED_MS = 250;

/** How many denials would have remained with another number of seats. */
export function WhatIfSection({ license }: { license: Message['License'] }) {
  const { t, i18n } = useTranslation('analytics');
  const [{ seats: wanted }, change] = useAnalyticsSearch();
  const { period, now } = usePeriod();
  const range = lastDays(period, MAX_WHAT_IF_DAYS);
  const seats = wanted ?? license.seats_total;
  const [typed, setTyped] = useState<number>();
  const query = useQuery(whatIfQuery(license.id, seats, range));

  // Only the value at which the slider rests is requested and stored in the URL.
  useEffect(() => {
    if (typed === undefined) return undefined;
    const timer = setTimeout(() => {
      change({ seats: typed === license.seats_total ? undefined : typed }, { replace: true });
      setTyped(undefined);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [typed, change, license.seats_total]);

  const day = timeFormat(i18n.language, 'day', DAY_MS);
  return (
    <Card>
      <CardHeader
        title={t('whatIf.title')}
        hint={t('whatIf.hint', {
          from: day.full(range.from),
          to: day.full(new Date(Math.min(Date.parse(range.to) - 1, now)).toISOString()),
        })}
      />
      <SeatsControl
        value={typed ?? seats}
        bought={license.seats_total}
        needed={query.data?.seats_needed}
        onChange={setTyped}
      />
      <Answer query={query}>{(answer) => <Outcome answer={answer} onTry={setTyped} />}</Answer>
    </Card>
  );
}

interface SeatsControlProps {
  value: number;
  bought: number;
  needed: number | undefined;
  onChange: (seats: number) => void;
}

/** A slider for a rough choice, and a field for an exact one. */
function SeatsControl({ value, bought, needed = 0, onChange }: SeatsControlProps) {
  const { t } = useTranslation('analytics');
  const max = Math.max(2 * bought, needed + 5, value, 10);
  const take = (text: string) => {
    const seats = Number(text);
    if (text !== '' && Number.isInteger(seats) && seats >= 0 && seats <= MAX_WHAT_IF_SEATS) onChange(seats);
  };
  return (
    <div className="mb-5 grid grid-cols-[minmax(0,1fr)_7rem] items-end gap-4">
      <Field label={t('whatIf.slider')} hint={t('whatIf.now', { count: bought })}>
        <input
          type="range"
          min={0}
          max={max}
          value={value}
          className="h-9 w-full accent-(--primary)"
          onChange={({ target }) => take(target.value)}
        />
      </Field>
      <Field label={t('whatIf.number')} hint={<span aria-hidden>&nbsp;</span>}>
        <NumberInput value={value} onText={take} />
      </Field>
    </div>
  );
}

interface NumberInputProps extends Omit<ComponentProps<'input'>, 'value'> {
  value: number;
  onText: (text: string) => void;
}

/** A number field that may be empty while the user types. */
function NumberInput({ value, onText, ...props }: NumberInputProps) {
  const [text, setText] = useState(String(value));
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    setText(String(value));
  }
  return (
    <Input
      type="number"
      inputMode="numeric"
      min={0}
      max={MAX_WHAT_IF_SEATS}
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        onText(target.value);
      }}
      onBlur={() => setText(String(value))}
      {...props}
    />
  );
}

function Outcome({ answer, onTry }: { answer: Message['WhatIf']; onTry: (seats: number) => void }) {
  const { t } = useTranslation('analytics');
  const { number } = useFormat();
  const minutes = Math.round(answer.assumed_session_seconds / 60);
  const length = t('whatIf.assumptionHours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  const figures = [
    {
      label: t('whatIf.denialsRemaining'),
      value: number(answer.denials_remaining),
      hint: t('whatIf.ofRecorded', { total: number(answer.recorded.denials) }),
    },
    {
      label: t('whatIf.sessionsRefused'),
      value: number(answer.sessions_refused),
      hint: t('whatIf.sessionsHint', { total: number(answer.recorded.sessions) }),
    },
    { label: t('whatIf.peak'), value: number(answer.peak) },
    {
      label: t('whatIf.needed'),
      value: number(answer.seats_needed),
      hint:
        answer.seats_needed === answer.seats ? (
          t('whatIf.neededHint')
        ) : (
          <Button variant="link" className="min-h-6 px-0 text-xs" onClick={() => onTry(answer.seats_needed)}>
            {t('whatIf.use', { count: answer.seats_needed })}
          </Button>
        ),
    },
  ];
  return (
    <div className="grid grid-cols-1 gap-4">
      <p role="status" className="font-medium">
        {answer.denials === 0
          ? t('whatIf.none', { seats: number(answer.seats) })
          : t('whatIf.remaining', { seats: number(answer.seats), count: answer.denials })}
      </p>
      <Figures figures={figures} label={t('whatIf.title')} />
      <p className="text-xs text-muted-foreground">{t('whatIf.assumption', { length })}</p>
    </div>
  );
}
