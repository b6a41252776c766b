import type { Template } from 'aws-cdk-lib/assertions';
import type { JsonObject } from '#local/parts';

type Part = string | { Ref?: string; 'Fn::GetAtt'?: [string, string] };

/** The definition of the template's one machine, with an ARN that ends in its logical id for each function. */
export function synthesizedMachine(template: Template): JsonObject {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const parts = machine?.Properties.DefinitionString['Fn::Join'][1] as Part[];
  const text = parts.map((part) => {
    if (typeof part === 'string') return part;
    if (part.Ref === 'AWS::Partition') return 'aws';
    return `arn:aws:lambda:us-east-1:000000000000:function:${part['Fn::GetAtt']?.[0]}`;
  });
  return JSON.parse(text.join(''));
}
