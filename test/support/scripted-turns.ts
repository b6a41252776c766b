import type { Turn } from './scripted-model.ts';

/** Writes a plan where the runner wants it and submits it: the first turn of every scripted solve. */
export const planTurn: Turn = {
  command: `echo '{"version":1,"summary":"Spell it right","steps":[{"id":1,"title":"Fix greet"}]}' > "$PATCHBAY_PLAN" && echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT`,
};
export const fixTurn: Turn = { command: 'sed -i s/Helo/Hello/ greet.py' };
export const submitTurn: Turn = { command: 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT' };
/** A model that never answers. */
export const thinkingTurn: Turn = { wait: new Promise<never>(() => {}), next: submitTurn };

/** What solves the misspelled repository. */
export const goodTurns: Turn[] = [planTurn, fixTurn, submitTurn];
