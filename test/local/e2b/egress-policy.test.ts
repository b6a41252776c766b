import { describe, expect, it } from 'vitest';
import { judgeEgress } from '#local/e2b/egress-policy';
import type { EgressRules } from '#local/e2b/sandbox-request';

const OPEN: EgressRules = { allowOut: [], denyOut: [], allowInternetAccess: true };
const PUBLIC = '93.184.216.34';
const TARGETS = ['127.0.0.1:4000', 'localhost:4001'];

function allows(rules: Partial<EgressRules>, host: string, port = 443, addresses = [PUBLIC]): boolean {
  return judgeEgress({ ...OPEN, ...rules }, { host, port, addresses }, TARGETS).allowed;
}

describe('egress rules', () => {
  it('allow everything public unless told otherwise, and allow wins', () => {
    expect(allows({}, 'example.com')).toBe(true);
    expect(allows({ denyOut: ['93.0.0.0/8'] }, 'example.com')).toBe(false);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['93.184.216.34'] }, 'example.com', 22)).toBe(true);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['93.184.0.0/16'] }, 'example.com')).toBe(true);
    expect(allows({ allowInternetAccess: false }, 'example.com')).toBe(false);
    expect(allows({ allowInternetAccess: false, allowOut: ['example.com'] }, 'example.com')).toBe(true);
    expect(allows({ denyOut: ['0.0.0.0/0'] }, 'v6.example', 443, ['2606:2800:220:1::1'])).toBe(false);
  });

  it.each([
    ['example.com', 'EXAMPLE.com', true],
    ['example.com', 'www.example.com', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'badexample.com', false],
    ['*', 'anything.org', true],
  ])('match the domain %s with %s: %s', (pattern, host, expected) => {
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: [pattern] }, host)).toBe(expected);
  });

  it('see names on the ports of HTTP and TLS only', () => {
    const rules = { denyOut: ['0.0.0.0/0'], allowOut: ['example.com'] };

    expect(allows(rules, 'example.com', 80)).toBe(true);
    expect(allows(rules, 'example.com', 22)).toBe(false);
  });

  it.each([
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '0.0.0.0',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
  ])('never lead to %s, whatever name is allowed', (address) => {
    expect(allows({ allowOut: ['*', address] }, 'rebound.example', 443, [address])).toBe(false);
    expect(allows({ allowOut: [address] }, address, 443, [address])).toBe(false);
  });

  it('lead to exactly the named pairs on loopback, where the rules allow them', () => {
    const rules = { denyOut: ['0.0.0.0/0'], allowOut: ['127.0.0.1'] };

    expect(allows(rules, '127.0.0.1', 4000, ['127.0.0.1'])).toBe(true);
    expect(allows(rules, 'localhost', 4000, ['::1', '127.0.0.1'])).toBe(true);
    expect(allows(rules, '127.0.0.1', 4001, ['127.0.0.1'])).toBe(true);
    expect(allows(rules, '127.0.0.1', 4002, ['127.0.0.1'])).toBe(false);
    expect(allows(rules, '127.0.0.2', 4000, ['127.0.0.2'])).toBe(false);
    expect(allows({ denyOut: ['0.0.0.0/0'] }, '127.0.0.1', 4000, ['127.0.0.1'])).toBe(false);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['localhost'] }, 'localhost', 4000, ['127.0.0.1'])).toBe(true);
  });
});
