export function checkModules(
  sources: string,
  table: Record<string, { uses: string[]; offers: string[] }>,
): {
  count: number;
  forbidden: string[];
  circles: string[][];
};
