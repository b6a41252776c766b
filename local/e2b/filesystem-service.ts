import type { JsonObject } from '#local/parts';
import type { RpcContext } from './process-service.ts';
import { asRpcError } from './rpc-error.ts';
import { callSupervisor } from './supervisor-connection.ts';

/** envd's names of the supervisor's operations. */
const OPERATIONS: Record<string, string> = {
  Stat: 'stat',
  ListDir: 'list',
  MakeDir: 'mkdir',
  Move: 'move',
  Remove: 'remove',
};

/** envd's calls about files; they run inside the jail, where a link leads nowhere else. */
export const FILESYSTEM_CALLS: Record<string, (context: RpcContext, message: JsonObject) => Promise<JsonObject>> =
  Object.fromEntries(Object.entries(OPERATIONS).map(([name, operation]) => [name, callOf(operation)]));

function callOf(operation: string) {
  return async ({ sandbox }: RpcContext, message: JsonObject): Promise<JsonObject> => {
    const { path = '', ...rest } = message;
    try {
      return await callSupervisor(sandbox.control, { ...rest, path, op: operation, home: sandbox.home });
    } catch (error) {
      throw asRpcError(error);
    }
  };
}
