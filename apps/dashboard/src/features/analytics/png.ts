export interface LegendEntry {
  label: string;
  /** As in CSS: `var(--chart-1)`. */
  color: string;
  opacity?: number;
}

/** A color scale; `low` and `high` are the texts of its ends. */
export interface Scale {
  low: string;
  high: string;
  color: string;
  opacities: readonly number[];
}

const SCALE = 2;
const MARGIN = 20;
const TITLE_HEIGHT = 34;
const LEGEND_HEIGHT = 26;
const [SWATCH, GAP] = [10, 6];
/** Attributes that style sheets and CSS variables set. A standalone picture has neither. */
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
];

/** Draws a chart as it looks now, with title, legend and background. Loads nothing.
 *  @throws Error when the browser cannot draw it */
export async function pngOf(
  svg: SVGSVGElement,
  title: string,
  legend: readonly (LegendEntry | Scale)[],
): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg, width, height))}`;
  await image.decode();

  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser has no canvas');
  const color = resolver(svg);
  const font = getComputedStyle(svg).fontFamily;
  context.font = `12px ${font}`;
  const lines = inLines(legend, width, (text) => context.measureText(text).width);

  const top = MARGIN + TITLE_HEIGHT + lines.length * LEGEND_HEIGHT;
  // Setting the size of a canvas resets its state.
  canvas.width = Math.ceil((width + 2 * MARGIN) * SCALE);
  canvas.height = Math.ceil((top + height + MARGIN) * SCALE);
  context.scale(SCALE, SCALE);
  context.fillStyle = color('var(--surface)');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  context.fillStyle = color('var(--foreground)');
  context.font = `600 16px ${font}`;
  context.fillText(title, MARGIN, MARGIN + 10);
  context.font = `12px ${font}`;
  for (const [line, parts] of lines.entries()) {
    const y = MARGIN + TITLE_HEIGHT + line * LEGEND_HEIGHT;
    for (const part of parts) {
      context.globalAlpha = 'text' in part ? 1 : part.opacity;
      context.fillStyle = color('text' in part ? 'var(--muted-foreground)' : part.color);
      if ('text' in part) context.fillText(part.text, MARGIN + part.x, y + 6);
      else context.fillRect(MARGIN + part.x, y, SWATCH, SWATCH);
    }
  }
  context.globalAlpha = 1;
  context.drawImage(image, MARGIN, top, width, height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('the picture is too large');
  return blob;
}

type Part = { x: number } & ({ text: string } | { color: string; opacity: number });

/** Breaks the legend into lines, never within an entry. `x` counts from the left edge of the chart. */
function inLines(legend: readonly (LegendEntry | Scale)[], width: number, widthOf: (text: string) => number): Part[][] {
  const lines: Part[][] = [];
  let end = 0;
  for (const entry of legend) {
    const { low, high, opacities, color } = 'low' in entry ? entry : asScale(entry);
    const before = low ? widthOf(low) + GAP : 0;
    const swatches = opacities.length * (SWATCH + 2) - 2;
    const length = before + swatches + GAP + widthOf(high);
    let x = lines.length > 0 ? end + 20 : 0;
    if (lines.length === 0 || x + length > width) {
      lines.push([]);
      x = 0;
    }
    const line = lines.at(-1)!;
    if (low) line.push({ x, text: low });
    for (const [i, opacity] of opacities.entries()) line.push({ x: x + before + i * (SWATCH + 2), color, opacity });
    line.push({ x: x + before + swatches + GAP, text: high });
    end = x + length;
  }
  return lines;
}

const asScale = ({ label, color, opacity = 1 }: LegendEntry): Scale => ({
  low: '',
  high: label,
  color,
  opacities: [opacity],
});

/** Returns the chart as SVG with all styles inline. */
function standalone(svg: SVGSVGElement, width: number, height: number): string {
  const copy = document.importNode(svg, true);
  const originals = [svg, ...svg.querySelectorAll('*')];
  for (const [i, element] of [copy, ...copy.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(originals[i]!);
    for (const look of LOOKS) element.setAttribute(look, style.getPropertyValue(look));
    for (const name of ['class', 'style', 'tabindex']) element.removeAttribute(name);
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  return new XMLSerializer().serializeToString(copy);
}

/** Returns a function that resolves a CSS color in the current theme. */
function resolver(svg: SVGSVGElement): (color: string) => string {
  const style = getComputedStyle(svg);
  return (color) => color.replace(/^var\((--[\w-]+)\)$/, (_, name: string) => style.getPropertyValue(name));
}
