/** How many cells of a terminal a text takes: letters of East Asia and most emoji take two, marks over a letter none. */

const nothing = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** https://www.unicode.org/reports/tr11/ by what a pattern can say of it: rather one too wide than one too narrow. */
const wide =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303f\u30fb-\u30ff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]$/u;
/** Makes an emoji of the character before it, which was counted as one cell. */
const emojiSign = '\ufe0f';

export function cellsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + width(character), 0);
}

/** The text, or as much of it as fits with an ellipsis. */
export function cutToCells(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let [kept, used] = ['', 1];
  for (const character of text) {
    used += width(character);
    if (used > cells) break;
    kept += character;
  }
  return `${kept}…`;
}

function width(character: string): number {
  if (character === emojiSign) return 1;
  if (nothing.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
