/**
 * An object whose properties are made at first touch and kept: importing a handler makes no client, and a function
 * that lacks a variable fails only if it touches the port that needs it.
 */
export function lazily<T extends object>(makers: { [K in keyof T]: () => T[K] }): T {
  const target = {} as T;
  for (const name of Object.keys(makers) as Array<keyof T>) {
    let made: { value: T[typeof name] } | undefined;
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        made ??= { value: makers[name]() };
        return made.value;
      },
    });
  }
  return target;
}

/** One world out of several parts. Not a spread: that would touch, and so make, every port of each part. */
export function joined<A extends object, B extends object>(first: A, second: B): A & B {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(first),
      ...Object.getOwnPropertyDescriptors(second),
    },
  ) as A & B;
}
