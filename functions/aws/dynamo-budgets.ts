import type { Budgets } from '#core/ports/budgets';
import { untilWon } from './conflicts.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { budgetKey } from './keys.ts';

interface BudgetItem {
  /** Micro-dollars, as all amounts here. */
  spent: number;
  /** `spent` and all reservations: conditions cannot add, so the sum is kept. */
  total: number;
  /** By job. */
  res: Record<string, number>;
}

export function dynamoBudgets({ table }: { table: DynamoTable }): Budgets {
  async function read(scope: string, day: string): Promise<BudgetItem | undefined> {
    return (await table.get(budgetKey(scope, day))) as BudgetItem | undefined;
  }

  return {
    async reserve(scope, day, jobId, microUsd, capMicroUsd) {
      return await untilWon(`budget of ${scope}`, async () => {
        const written = await table.update(budgetKey(scope, day), (e) => ({
          set: [
            `${e.name('res', jobId)} = ${e.value(microUsd)}`,
            `${e.name('total')} = ${e.name('total')} + ${e.value(microUsd)}`,
          ],
          when: `attribute_not_exists(${e.name('res', jobId)}) AND ${e.name('total')} <= ${e.value(capMicroUsd - microUsd)}`,
        }));
        if (written) return true;
        const item = await read(scope, day);
        if (!item) {
          const empty: BudgetItem = { spent: 0, total: 0, res: {} };
          await table.putIf({ ...budgetKey(scope, day), ...empty });
          return undefined;
        }
        if (item.res[jobId] !== undefined) return true;
        return item.total + microUsd > capMicroUsd ? false : undefined;
      });
    },

    async settle(scope, day, jobId, spentMicroUsd) {
      await untilWon(`budget of ${scope}`, async () => {
        const reserved = (await read(scope, day))?.res[jobId];
        if (reserved === undefined) return 'settled before';
        return await table.update(budgetKey(scope, day), (e) => ({
          set: [
            `${e.name('spent')} = ${e.name('spent')} + ${e.value(spentMicroUsd)}`,
            `${e.name('total')} = ${e.name('total')} + ${e.value(spentMicroUsd - reserved)}`,
          ],
          remove: [e.name('res', jobId)],
          when: `${e.name('res', jobId)} = ${e.value(reserved)}`,
        }));
      });
    },

    async spent(scope, day) {
      const item = await read(scope, day);
      return item ? { spent: item.spent, reserved: item.total - item.spent } : { spent: 0, reserved: 0 };
    },
  };
}
