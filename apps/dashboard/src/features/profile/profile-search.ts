export interface ProfileSearch {
  /** The problem code with which the browser came back from linking an identity. */
  error?: string;
}

export const profileSearch = ({ error }: Record<string, unknown>): ProfileSearch =>
  typeof error === 'string' ? { error } : {};
