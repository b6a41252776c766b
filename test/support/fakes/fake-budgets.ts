import type { Budgets } from '#core/ports/budgets';

export function fakeBudgets(): Budgets {
  const days = new Map<string, { spent: number; reservations: Map<string, number> }>();
  const of = (scope: string, day: string) => {
    const key = JSON.stringify([scope, day]);
    const item = days.get(key) ?? { spent: 0, reservations: new Map<string, number>() };
    days.set(key, item);
    return item;
  };
  const reserved = (scope: string, day: string) =>
    [...of(scope, day).reservations.values()].reduce((sum, amount) => sum + amount, 0);

  return {
    async reserve(scope, day, jobId, microUsd, capMicroUsd) {
      const item = of(scope, day);
      if (item.reservations.has(jobId)) return true;
      if (item.spent + reserved(scope, day) + microUsd > capMicroUsd) return false;
      item.reservations.set(jobId, microUsd);
      return true;
    },
    async settle(scope, day, jobId, spentMicroUsd) {
      const item = of(scope, day);
      if (item.reservations.delete(jobId)) item.spent += spentMicroUsd;
    },
    spent: async (scope, day) => ({ spent: of(scope, day).spent, reserved: reserved(scope, day) }),
  };
}
