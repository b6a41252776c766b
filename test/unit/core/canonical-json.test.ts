import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#core/canonical-json';

describe('canonical JSON', () => {
  it('is the same text for the same value, in whatever order its keys were written', () => {
    const one = { b: [{ d: 1, c: undefined }], a: 'x', 10: null, 9: true };
    const other = { 9: true, 10: null, a: 'x', b: [{ d: 1 }] };

    expect(canonicalJson(one)).toBe(canonicalJson(other));
    expect(canonicalJson(one)).toBe('{"10":null,"9":true,"a":"x","b":[{"d":1}]}');
  });

  it('is read back as what JSON keeps of the value', () => {
    const value = {
      text: 'a "quoted"\nline',
      list: [undefined, 1.5, []],
      nothing: undefined,
      nested: { z: {}, y: [null] },
    };

    expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
  });
});
