import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { Notice } from '#ui/notice';

const secondsUntil = (time: number) => Math.max(0, Math.ceil((time - Date.now()) / 1000));

/** Counts down to the next attempt after too many. Screen readers announce it once, not every second.
 *  @param until ms since 1970 */
export function Wait({ until, onOver }: { until: number; onOver: () => void }) {
  const { t } = useTranslation('sign-in');
  const format = useFormat();
  const [left, setLeft] = useState(() => secondsUntil(until));
  useEffect(() => {
    const timer = setInterval(() => {
      const now = secondsUntil(until);
      setLeft(now);
      if (now === 0) onOver();
    }, 1000);
    return () => clearInterval(timer);
  }, [until, onOver]);
  return (
    <Notice tone="warning">
      {t('wait')}{' '}
      <span role="timer" aria-live="off" className="font-semibold tabular-nums">
        {format.countdown(left)}
      </span>
    </Notice>
  );
}
