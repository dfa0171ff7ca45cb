export function checkDashboard(
  sources: string,
  layers: string[],
  features: Record<string, string[]>,
): {
  count: number;
  forbidden: string[];
  circles: string[][];
};
