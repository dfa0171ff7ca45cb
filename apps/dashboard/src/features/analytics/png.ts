export interface LegendEntry {
  label: string;
  /** As CSS has it: `var(--chart-1)`. */
  color: string;
  opacity?: number;
}

const SCALE = 2;
const MARGIN = 20;
const TITLE_HEIGHT = 34;
const LEGEND_HEIGHT = 26;
/** What of an element's look comes from style sheets and variables, which a picture does not have. */
const LOOKS = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'opacity'],
  ...['font-family', 'font-size', 'font-weight', 'text-anchor', 'dominant-baseline'],
];

/** A chart as it looks now, with its title and legend, on the ground it stands on. Nothing is loaded for it.
 *  @throws Error when the browser cannot draw it */
export async function pngOf(svg: SVGSVGElement, title: string, legend: readonly LegendEntry[]): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg, width, height))}`;
  await image.decode();

  const top = MARGIN + TITLE_HEIGHT + (legend.length > 0 ? LEGEND_HEIGHT : 0);
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil((width + 2 * MARGIN) * SCALE);
  canvas.height = Math.ceil((top + height + MARGIN) * SCALE);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('the browser has no canvas');
  context.scale(SCALE, SCALE);
  const color = resolver(svg);
  const font = getComputedStyle(svg).fontFamily;
  context.fillStyle = color('var(--surface)');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  context.fillStyle = color('var(--foreground)');
  context.font = `600 16px ${font}`;
  context.fillText(title, MARGIN, MARGIN + 10);
  context.font = `12px ${font}`;
  let x = MARGIN;
  for (const entry of legend) {
    context.fillStyle = color(entry.color);
    context.globalAlpha = entry.opacity ?? 1;
    context.fillRect(x, MARGIN + TITLE_HEIGHT, 10, 10);
    context.globalAlpha = 1;
    context.fillStyle = color('var(--muted-foreground)');
    context.fillText(entry.label, x + 16, MARGIN + TITLE_HEIGHT + 6);
    x += 16 + context.measureText(entry.label).width + 20;
  }
  context.drawImage(image, MARGIN, top, width, height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('the picture is too large');
  return blob;
}

/** The chart with every look written at its element. */
function standalone(svg: SVGSVGElement, width: number, height: number): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
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

/** Says what a color of the style sheets is in the theme of now. */
function resolver(svg: SVGSVGElement): (color: string) => string {
  const style = getComputedStyle(svg);
  return (color) => color.replace(/^var\((--[\w-]+)\)$/, (_, name: string) => style.getPropertyValue(name));
}
