import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Machine } from './definition.ts';
import type { Execution, Status, Thread } from './execution.ts';
import type { HistoryEvent, Turn } from './turn.ts';

/** An execution as it is described and listed; JSON texts as they came and went. */
export interface ExecutionRow {
  arn: string;
  machineArn: string;
  machineName: string;
  startedBy: string | null;
  name: string;
  roleArn: string;
  definition: string;
  input: string;
  status: Status;
  startedAt: number;
  stoppedAt: number | null;
  output: string | null;
  error: string | null;
  cause: string | null;
  deadline: number | null;
  nextEvent: number;
  nextThread: number;
  nextTicket: number;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS definitions (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS executions (
    arn TEXT PRIMARY KEY, machineArn TEXT NOT NULL, machineName TEXT NOT NULL, startedBy TEXT, name TEXT NOT NULL,
    roleArn TEXT NOT NULL, definition TEXT NOT NULL, input TEXT NOT NULL, status TEXT NOT NULL, startedAt REAL NOT NULL,
    stoppedAt REAL, output TEXT, error TEXT, cause TEXT, deadline REAL, nextEvent INTEGER NOT NULL,
    nextThread INTEGER NOT NULL, nextTicket INTEGER NOT NULL, announced INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS executionsByMachine ON executions (machineArn, startedAt);
  CREATE TABLE IF NOT EXISTS threads (arn TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (arn, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (arn TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (arn, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, arn TEXT NOT NULL) WITHOUT ROWID;
`;

const SELECT = `SELECT e.*, d.body AS definition FROM executions e JOIN definitions d ON d.hash = e.definition`;

/** A closed execution's name is free again after so long, and then its history is gone. */
const RETENTION_MS = 90 * 24 * 3600 * 1000;

/** The executions on disk. A turn is on disk, flushed, before any of its effects is acted on. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(stateDir: string, now: number) {
    mkdirSync(stateDir, { recursive: true });
    this.#db = new DatabaseSync(join(stateDir, 'states.sqlite'));
    this.#db.exec(SCHEMA);
    this.#forget(now - RETENTION_MS);
  }

  close(): void {
    this.#db.close();
  }

  /** One transaction for everything that a turn has brought about. */
  save(turn: Turn): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#write(turn);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  find(arn: string): ExecutionRow | undefined {
    return row(this.#sql(`${SELECT} WHERE e.arn = ?`).get(arn));
  }

  /** Newest first. */
  list(machineArn: string, status: string | null, limit: number, offset: number): ExecutionRow[] {
    const where = 'e.machineArn = ? AND (? IS NULL OR e.status = ?)';
    const sql = `${SELECT} WHERE ${where} ORDER BY e.startedAt DESC, e.rowid DESC LIMIT ? OFFSET ?`;
    return this.#sql(sql)
      .all(machineArn, status, status, limit, offset)
      .flatMap((r) => row(r) ?? []);
  }

  events(arn: string, reverse: boolean, limit: number, offset: number): HistoryEvent[] {
    const sql = `SELECT body FROM events WHERE arn = ? ORDER BY id ${reverse ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`;
    return this.#sql(sql)
      .all(arn, limit, offset)
      .map((r) => JSON.parse(String(r.body)));
  }

  /** The execution that a token was made for, whether or not it still waits. */
  ownerOf(token: string): string | undefined {
    const found = this.#sql('SELECT arn FROM tokens WHERE token = ?').get(token);
    return found ? String(found.arn) : undefined;
  }

  running(): Execution[] {
    const rows = this.#sql(`${SELECT} WHERE e.status = 'RUNNING' ORDER BY e.rowid`).all();
    return rows.flatMap((r) => row(r) ?? []).map((r) => this.#thaw(r));
  }

  load(arn: string): Execution | undefined {
    const found = this.find(arn);
    return found && this.#thaw(found);
  }

  /** Closed executions whose end no one has been told of: the process died between the two. */
  unannounced(): ExecutionRow[] {
    const rows = this.#sql(`${SELECT} WHERE e.status <> 'RUNNING' AND e.announced = 0`).all();
    return rows.flatMap((r) => row(r) ?? []);
  }

  announced(arn: string): void {
    this.#sql('UPDATE executions SET announced = 1 WHERE arn = ?').run(arn);
  }

  #write(turn: Turn): void {
    const { execution, events, changed, removed, tokens } = turn;
    const { arn, end, nextEvent, nextThread, nextTicket } = execution;
    if (events[0]?.id === 1) this.#create(execution);
    for (const event of events)
      this.#sql('INSERT INTO events VALUES (?, ?, ?)').run(arn, event.id, JSON.stringify(event));
    for (const token of tokens) this.#sql('INSERT INTO tokens VALUES (?, ?)').run(token, arn);
    for (const id of removed) this.#sql('DELETE FROM threads WHERE arn = ? AND id = ?').run(arn, id);
    for (const id of changed) {
      const thread = execution.threads.get(id);
      if (thread) this.#sql('INSERT OR REPLACE INTO threads VALUES (?, ?, ?)').run(arn, id, JSON.stringify(thread));
    }
    this.#sql('UPDATE executions SET nextEvent = ?, nextThread = ?, nextTicket = ? WHERE arn = ?').run(
      nextEvent,
      nextThread,
      nextTicket,
      arn,
    );
    if (!end) return;
    const output = end.output === undefined ? null : JSON.stringify(end.output);
    this.#sql('UPDATE executions SET status = ?, stoppedAt = ?, output = ?, error = ?, cause = ? WHERE arn = ?').run(
      end.status,
      end.at,
      output,
      end.error ?? null,
      end.cause ?? null,
      arn,
    );
  }

  #create(execution: Execution): void {
    const { arn, machineArn, machineName, startedBy, name, roleArn, machine, startedAt, deadline } = execution;
    const body = JSON.stringify(machine);
    const hash = createHash('sha256').update(body).digest('hex');
    this.#sql('INSERT OR IGNORE INTO definitions VALUES (?, ?)').run(hash, body);
    this.#sql(
      `INSERT INTO executions (arn, machineArn, machineName, startedBy, name, roleArn, definition, input, status,
        startedAt, deadline, nextEvent, nextThread, nextTicket)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, 1, 1, 1)`,
    ).run(arn, machineArn, machineName, startedBy, name, roleArn, hash, execution.inputText, startedAt, deadline);
  }

  #thaw(found: ExecutionRow): Execution {
    const { definition, input, status: _status, stoppedAt: _at, output: _o, error: _e, cause: _c, ...rest } = found;
    const bodies = this.#sql('SELECT body FROM threads WHERE arn = ? ORDER BY id').all(found.arn);
    const threads = bodies.map((r) => JSON.parse(String(r.body)) as Thread);
    return {
      ...rest,
      machine: JSON.parse(definition) as Machine,
      input: JSON.parse(input),
      inputText: input,
      threads: new Map(threads.map((thread) => [thread.id, thread])),
      end: null,
    };
  }

  #forget(before: number): void {
    const old = `SELECT arn FROM executions WHERE stoppedAt < ?`;
    for (const table of ['events', 'tokens', 'threads']) {
      this.#db.prepare(`DELETE FROM ${table} WHERE arn IN (${old})`).run(before);
    }
    this.#db.prepare('DELETE FROM executions WHERE stoppedAt < ?').run(before);
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function row(found: Record<string, unknown> | undefined): ExecutionRow | undefined {
  // Columns by the names of the statements above; SQLite knows no types of ours.
  return found as (Record<string, unknown> & ExecutionRow) | undefined;
}
