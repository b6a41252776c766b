import { stripVTControlCharacters } from 'node:util';

/**
 * Text that an agent or a repository wrote, fit for a terminal: without escape sequences, which could rewrite the
 * screen, and without characters that reverse the reading order.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '');
}

/** The same on one line, at most `width` characters. */
export function oneLine(text: string, width: number): string {
  const characters = [...printable(text).replace(/\s+/g, ' ').trim()];
  return characters.length <= width ? characters.join('') : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
