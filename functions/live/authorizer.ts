import { acceptConnection } from '#core/use-cases/accept-connection';
import { awsWorld } from '#functions/aws/aws-world';
import { environment } from '#functions/runtime/environment';
import { authorizerEntry } from '#functions/runtime/socket-entry';

export const handler = authorizerEntry(acceptConnection, (note) => awsWorld(environment('socketAuthorizer'), note));
