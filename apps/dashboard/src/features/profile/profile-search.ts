export interface ProfileSearch {
  /** Problem code, if linking an identity was refused. */
  error?: string;
}

export const profileSearch = ({ error }: Record<string, unknown>): ProfileSearch =>
  typeof error === 'string' ? { error } : {};
