import { EventEmitter } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';

import { FrameLimit } from '#local/api/frame-limit';
import { OpenConnections } from '#local/api/socket-connections';

describe('the limit of a frame', () => {
  /** A masked text frame, as a client sends it. */
  const frame = (length: number) => {
    const size =
      length < 126
        ? [length]
        : length < 65_536
          ? [126, length >> 8, length & 255]
          : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
    const [first = 0, ...rest] = size;
    return Buffer.concat([Buffer.from([0x81, 0x80 | first, ...rest, 1, 2, 3, 4]), Buffer.alloc(length, 0xff)]);
  };
  const exceeded = (bytes: Buffer, chunk: number) => {
    const limit = new FrameLimit(32_768);
    for (let at = 0; at < bytes.length; at += chunk) if (limit.exceededBy(bytes.subarray(at, at + chunk))) return true;
    return false;
  };

  it.each([1, 3, 7, 1000, 1_000_000])('is seen however the bytes arrive: %d at a time', (chunk) => {
    const small = Buffer.concat([frame(0), frame(5), frame(126), frame(32_768), frame(200)]);

    expect(exceeded(small, chunk)).toBe(false);
    expect(exceeded(Buffer.concat([small, frame(32_769)]), chunk)).toBe(true);
    expect(exceeded(Buffer.concat([small, frame(70_000)]), chunk)).toBe(true);
  });
});

describe('a connection', () => {
  const MINUTE = 60_000;
  const open = (timeScale = 1) => {
    const close = vi.fn();
    const socket = Object.assign(new EventEmitter(), { readyState: 1, close, send: vi.fn() });
    const count = vi.fn();
    const connections = new OpenConnections(count, timeScale);
    // As much of a socket as is used here.
    connections.add('id', socket as unknown as WebSocket, { sourceIp: '', userAgent: '' }, 'api');
    return { close, connections, count, socket };
  };

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that is silent for ten minutes is closed', () => {
    const { close, connections } = open();

    vi.advanceTimersByTime(9 * MINUTE);
    connections.touch('id', 1);
    vi.advanceTimersByTime(9 * MINUTE);
    expect(close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1 * MINUTE);

    expect(close).toHaveBeenCalledWith(1001, 'Going away');
  });

  it('lives for two hours, however much is said; the time scale divides it', () => {
    for (const timeScale of [1, 60]) {
      const { close, connections } = open(timeScale);
      for (let minute = 0; minute < 119; minute++) {
        vi.advanceTimersByTime(MINUTE / timeScale);
        connections.post('id', Buffer.from('x'));
      }
      expect(close).not.toHaveBeenCalled();
      vi.advanceTimersByTime(MINUTE / timeScale);
      expect(close).toHaveBeenCalledOnce();
    }
  });

  it('is billed by its minutes, and its messages by 32 KB', () => {
    const { connections, count, socket } = open();

    connections.post('id', Buffer.alloc(33_000));
    vi.advanceTimersByTime(2.5 * MINUTE);
    socket.emit('close');

    expect(count.mock.calls.flat()).toEqual([
      { item: 'apigateway:Message', units: 2, by: 'api' },
      { item: 'apigateway:ConnectionMinute', units: 3, by: 'api' },
    ]);
    expect(connections.post('id', Buffer.from('x'))).toBe('gone');
  });
});
