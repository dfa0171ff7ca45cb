export const API_MODULES: Record<string, { uses: string[]; offers: string[] }>;
export const DASHBOARD_LAYERS: string[];
export const FEATURES: Record<string, string[]>;
