// A spreadsheet begins a formula at the start of a field, and after the separators that other countries' CSV uses. The
// full-width signs count as well (OWASP, CSV injection).
const BEFORE_FORMULA = /^(?=[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20])|(?<=[;\t\r\n])(?=[=+\-@\uFF0B\uFF0D\uFF1D\uFF20])/g;

/** Returns the text of a CSV field with an apostrophe in front of all that a spreadsheet would run as a formula. */
export function neutralizeFormula(text: string): string {
  return text.replaceAll(BEFORE_FORMULA, "'");
}
