/**
 * In the bundles in place of `dockerfile-ast` (lib/bundle.ts), which with its own dependencies is 87 kB of every function
 * that loads e2b's SDK: the SDK parses Dockerfiles where templates are built from one, and functions build none.
 */
export const DockerfileParser = {
  parse(): never {
    throw new Error('functions build no templates: dockerfile-ast is not in their bundles');
  },
};
