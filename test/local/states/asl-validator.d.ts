declare module 'asl-validator' {
  /** The part of asl-validator 4 that the tests use; the package brings no types. It writes into the definition. */
  export default function validate(
    definition: unknown,
    options?: { checkPaths: boolean; checkArn: boolean },
  ): { isValid: boolean; errors: { 'Error code': string; Message: string }[] };
}
