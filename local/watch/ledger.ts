import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Count, LedgerEntry } from '#local/parts';
import { PRICES_AS_OF, PRICES_REGION, type Price, priceOf } from './prices.ts';

interface BillLine {
  label: string;
  /** In the price's unit; not rounded, AWS rounds the month and not the call. */
  units: number;
  unit: string;
  usdPerUnit: number;
  usd: number;
  source: string;
}

/** What the counted calls would have cost on AWS. */
export interface Bill {
  /** The dearest first. */
  lines: BillLine[];
  /** The same money by who caused it, the dearest first. */
  callers: { by: string; usd: number }[];
  totalUsd: number;
  /** Items that were counted and have no price: a gap in the price list. */
  unpriced: string[];
  /** Whose prices these are, and of when (year and month). */
  region: string;
  pricesAsOf: string;
}

/** Bounds in ms since the epoch, `since` included and `until` not; `by` names who caused it. */
interface LedgerFilter {
  since?: number;
  until?: number;
  by?: string[];
}

/** Every call that AWS would bill, on disk, so that a bill outlives the stack. */
export interface Ledger {
  count: Count;
  /** In the order they were counted. */
  since(ms: number): LedgerEntry[];
  bill(filter?: LedgerFilter): Bill;
  close(): void;
}

export function createLedger({ stateDir, now = Date.now }: { stateDir: string; now?: () => number }): Ledger {
  mkdirSync(stateDir, { recursive: true });
  const db = new DatabaseSync(path.join(stateDir, 'ledger.sqlite'));
  // A figure lost in a power cut costs nothing: no fsync.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  db.exec('CREATE TABLE IF NOT EXISTS entries (item TEXT, units REAL, by TEXT, at INTEGER)');
  db.exec('CREATE INDEX IF NOT EXISTS entries_at ON entries (at)');
  const insert = db.prepare('INSERT INTO entries (item, units, by, at) VALUES (?, ?, ?, ?)');
  const newer = db.prepare('SELECT item, units, by, at FROM entries WHERE at >= ? ORDER BY rowid');
  const sums = db.prepare(
    'SELECT item, by, SUM(units) AS units FROM entries WHERE at >= ? AND at < ? GROUP BY item, by ORDER BY item, by',
  );
  return {
    count: ({ item, units, by }) => {
      if (!db.isOpen) return; // a function that ends after the stack has closed its books
      insert.run(item, units, by, now());
    },
    since: (ms) => newer.all(ms).map((row) => ({ ...summed(row), at: Number(row.at) })),
    bill({ since = 0, until = Number.MAX_SAFE_INTEGER, by } = {}) {
      const rows = sums.all(since, until).map(summed);
      return billOf(by ? rows.filter((row) => by.includes(row.by)) : rows);
    },
    close: () => db.close(),
  };
}

function summed({ item, units, by }: Record<string, unknown>): Omit<LedgerEntry, 'at'> {
  return { item: String(item), units: Number(units), by: String(by) };
}

/** Prices ledger entries, single or summed. */
function billOf(entries: Omit<LedgerEntry, 'at'>[]): Bill {
  const units = new Map<Price, number>();
  const callers = new Map<string, number>();
  const unpriced = new Set<string>();
  for (const entry of entries) {
    const price = priceOf(entry.item);
    if (!price) {
      unpriced.add(entry.item);
      continue;
    }
    units.set(price, (units.get(price) ?? 0) + entry.units);
    callers.set(entry.by, (callers.get(entry.by) ?? 0) + entry.units * price.usdPerUnit);
  }
  const lines = [...units].map(([{ label, unit, usdPerUnit, source }, amount]) => ({
    label,
    units: amount,
    unit,
    usdPerUnit,
    usd: amount * usdPerUnit,
    source,
  }));
  return {
    lines: lines.sort((a, b) => b.usd - a.usd || a.label.localeCompare(b.label)),
    callers: [...callers].map(([by, usd]) => ({ by, usd })).sort((a, b) => b.usd - a.usd),
    totalUsd: lines.reduce((sum, { usd }) => sum + usd, 0),
    unpriced: [...unpriced].sort(),
    region: PRICES_REGION,
    pricesAsOf: PRICES_AS_OF,
  };
}
