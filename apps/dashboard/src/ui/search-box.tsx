import { MAX_SEARCH_LENGTH } from '@coditect/contracts/names';
import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Input } from './input.tsx';

/** Long enough not to ask at every key, short enough not to be felt. */
const PAUSE_MS = 250;

interface SearchBoxProps {
  label: string;
  value: string;
  /** Told once the typing pauses. */
  onChange: (value: string) => void;
}

/** Where a list is searched. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState(value);
  if (value !== seen) {
    setSeen(value);
    // Changed from elsewhere: by the way back, or a filter that was cleared.
    if (value !== sent) setTyped(value);
  }
  useEffect(() => {
    const text = typed.trim();
    if (text === value) return undefined;
    const timer = setTimeout(() => {
      setSent(text);
      onChange(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <div className="relative min-w-48 flex-1 sm:max-w-xs">
      <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted-foreground" aria-hidden />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={MAX_SEARCH_LENGTH}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="pl-9"
      />
    </div>
  );
}
